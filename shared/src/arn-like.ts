/** IAM's ArnLike without a regular expression: patterns are text that users write. */

/** What an ARN is made of; colons behind the fifth belong to the resource. */
const PARTS = 6;

/** Whether an ARN matches the pattern that the matcher was made of. */
export type ArnMatcher = (arn: string) => boolean;

/**
 * Matches ARNs as IAM's `ArnLike` would: each of the six colon-separated parts by itself, `*` for any text within a part
 * (`/` included), `?` for one character, in the given case (IAM User Guide, ARN condition operators). A pattern of fewer
 * parts matches nothing. The time of a match is the ARN's length times a 32nd of the pattern's, whatever stands in them.
 */
export function arnMatcher(pattern: string): ArnMatcher {
  const patterns = partsOf(pattern);
  if (patterns.length !== PARTS) return () => false;
  const matchers = patterns.map(globMatcher);
  return (arn) => {
    const parts = partsOf(arn);
    return parts.length === PARTS && matchers.every((matches, index) => matches(parts[index] ?? ''));
  };
}

/** Whether one ARN matches one pattern. */
export function arnLike(pattern: string, arn: string): boolean {
  return arnMatcher(pattern)(arn);
}

function partsOf(text: string): string[] {
  const parts = text.split(':');
  return parts.length <= PARTS ? parts : [...parts.slice(0, PARTS - 1), parts.slice(PARTS - 1).join(':')];
}

/** A glob as a machine: state n is reached when n of its characters are matched. A word holds 32 states. */
interface Glob {
  readonly words: number;
  /** The state of a match of the whole. */
  readonly last: number;
  /** States that stay as they are, whatever comes: those in front of a star. */
  readonly stay: Int32Array;
  /** By a character of the text: the states that go on with it. */
  readonly next: ReadonlyMap<string, Int32Array>;
  /** The same for a character that the glob doesn't name. */
  readonly other: Int32Array;
}

/** Whether a text matches a glob of `*` and `?`. */
export function globMatcher(glob: string): (text: string) => boolean {
  if (!/[*?]/.test(glob)) return (text) => text === glob;
  const machine = build(glob);
  return (text) => run(machine, text);
}

function build(glob: string): Glob {
  const words = Math.floor(glob.length / 32) + 1;
  const stay = new Int32Array(words);
  const other = new Int32Array(words);
  const next = new Map<string, Int32Array>();
  for (const char of new Set(glob.replace(/[*?]/g, '').split(''))) next.set(char, new Int32Array(words));
  let state = 0;
  for (const char of glob.split('')) {
    if (char === '*') add(stay, state);
    else add(next.get(char) ?? other, state++);
  }
  // A question mark stands for the characters that the glob names, too.
  for (const states of next.values()) other.forEach((word, index) => (states[index] = (states[index] ?? 0) | word));
  return { words, last: state, stay, next, other };
}

function run({ words, last, stay, next, other }: Glob, text: string): boolean {
  const at = new Int32Array(words);
  add(at, 0);
  for (let index = 0; index < text.length; index++) {
    const going = next.get(text.charAt(index)) ?? other;
    let carry = 0;
    let alive = 0;
    for (let word = 0; word < words; word++) {
      const here = at[word] ?? 0;
      const moved = here & (going[word] ?? 0);
      const now = (moved << 1) | carry | (here & (stay[word] ?? 0));
      carry = moved >>> 31;
      at[word] = now;
      alive |= now;
    }
    if (alive === 0) return false;
  }
  return ((at[last >>> 5] ?? 0) & (1 << (last & 31))) !== 0;
}

function add(states: Int32Array, state: number): void {
  const word = state >>> 5;
  states[word] = (states[word] ?? 0) | (1 << (state & 31));
}
