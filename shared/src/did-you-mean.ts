/** Edit distance with swaps of neighbours counted once (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1);
      row[j] = best;
    }
  }
  return at(a.length, b.length);
}

/** The known name that a reader most likely meant, by case or by at most a third of its letters; else undefined. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  // What is far longer than any known name resembles none, and must not cost time.
  if (name.length > 64) return undefined;
  const lower = name.toLowerCase();
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    const most = Math.ceil(candidate.length / 3);
    // At least so many letters are too many or missing.
    if (Math.abs(lower.length - candidate.length) > most) continue;
    const d = distance(lower, candidate.toLowerCase());
    if (d <= most && (!best || d < best.distance)) best = { name: candidate, distance: d };
  }
  return best?.name;
}

/**
 * Whether one letter more, less or other, or a swap of two neighbours, makes one name of the other. A digit is no letter
 * here: `app-1` and `app-2` are two names, and neither is a slip of the other. In time that grows with their length.
 */
export function isOneLetterAway(one: string, other: string): boolean {
  const [long, short] = one.length < other.length ? [other, one] : [one, other];
  const most = short.length;
  const more = long.length - most;
  if (more > 1) return false;
  let start = 0;
  while (start < most && long.charCodeAt(start) === short.charCodeAt(start)) start++;
  // What differs begins here: all but two of the letters from here on are the same, or it is more than one edit.
  let end = 0;
  while (end < most - start && long.charCodeAt(most + more - 1 - end) === short.charCodeAt(most - 1 - end)) end++;
  const [from, to] = [most + more - end - start, most - end - start];
  if (from > 2 || from === 0) return false;
  const changed = long.slice(start, start + from) + short.slice(start, start + to);
  const isSwap = changed.length === 4 && changed.slice(0, 2) === `${changed.charAt(3)}${changed.charAt(2)}`;
  return (from === 1 || isSwap) && !/\d/.test(changed);
}
