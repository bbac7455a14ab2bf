/** Results of a pure function, kept within bounds. */

export interface MemoOptions<Input, Output> {
  readonly compute: (input: Input) => Output;
  /** Equal keys are equal inputs. */
  readonly keyOf: (input: Input) => string;
  /** Size of a result beside its key, in characters. */
  readonly weigh: (output: Output) => number;
  readonly maxEntries: number;
  /** Of all keys and results together. A result that is larger alone is not kept. */
  readonly maxChars: number;
}

interface Kept<Output> {
  readonly output: Output;
  readonly chars: number;
}

/**
 * The same function, which computes an input again only once it is no longer among the latest ones that were
 * asked for and fit the bounds. Errors of `compute` go through and are not kept.
 */
export function memo<Input, Output>(options: MemoOptions<Input, Output>): (input: Input) => Output {
  const { compute, keyOf, weigh, maxEntries, maxChars } = options;
  // In the order of their last use, the oldest first: a Map keeps the order of insertion.
  const kept = new Map<string, Kept<Output>>();
  let total = 0;

  const drop = (key: string, { chars }: Kept<Output>): void => {
    kept.delete(key);
    total -= chars;
  };
  const keep = (key: string, entry: Kept<Output>): void => {
    if (entry.chars > maxChars) return;
    kept.set(key, entry);
    total += entry.chars;
    for (const [oldest, its] of kept) {
      if (kept.size <= maxEntries && total <= maxChars) return;
      drop(oldest, its);
    }
  };

  return (input) => {
    const key = keyOf(input);
    const found = kept.get(key);
    if (found) drop(key, found);
    const output = found ? found.output : compute(input);
    keep(key, found ?? { output, chars: key.length + weigh(output) });
    return output;
  };
}
