/** Waiting for what comes by itself. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a test waits for what takes a second or so where nothing else runs. It decides only when a thing that never
 * comes is given up: on a machine whose processors others hold, all of it takes many times as long.
 */
export const PATIENCE_MS = 90_000;

export interface PollOptions {
  /** How long, PATIENCE_MS when absent. `Infinity`: as long as the test may take. */
  readonly ms?: number;
  readonly everyMs?: number;
  /** A sentence that says why it never will. */
  readonly hopeless?: () => string | undefined;
  /** Whether an error of a look is thrown at once; else it counts as not yet. */
  readonly isFatal?: (error: unknown) => boolean;
}

/** Looks every `everyMs` until `passes`, or `ms` have passed; then the last look. */
async function poll<T>(
  look: () => Promise<T> | T,
  passes: (seen: T) => boolean,
  { ms = PATIENCE_MS, everyMs = 50, hopeless = () => undefined, isFatal = () => false }: PollOptions = {},
): Promise<{ readonly passed: boolean; readonly seen?: T; readonly error?: unknown }> {
  const end = Date.now() + ms;
  for (;;) {
    let last: { readonly passed: boolean; readonly seen?: T; readonly error?: unknown };
    try {
      const seen = await look();
      last = { passed: passes(seen), seen };
      if (last.passed) return last;
    } catch (error) {
      if (isFatal(error)) throw error;
      last = { passed: false, error };
    }
    const why = hopeless();
    if (why !== undefined) throw new Error(why);
    if (Date.now() > end) return last;
    await sleep(everyMs);
  }
}

/**
 * Waits until a condition holds; an error in it counts as not yet. Throws after `ms`, and at once when `hopeless` gives
 * a sentence that says why it never will.
 */
export async function until(
  what: string,
  ms: number,
  condition: () => Promise<boolean> | boolean,
  hopeless: () => string | undefined = () => undefined,
): Promise<void> {
  const { passed, error } = await poll(condition, (holds) => holds, { ms, hopeless });
  if (!passed) throw new Error(`not within ${ms} ms: ${what}`, { cause: error });
}

/**
 * Waits until `check` gives something other than undefined or false, and returns it; an error counts as not yet. Throws
 * after `ms`, and at once when `hopeless` says why it never will. `what` is asked then, where it is a function.
 */
export async function eventually<T>(
  what: string | (() => string),
  check: () => Promise<T | undefined | false> | T | undefined | false,
  options?: PollOptions,
): Promise<T> {
  const { passed, seen, error } = await poll(check, (found) => found !== undefined && found !== false, options);
  if (passed) return seen as T;
  throw new Error(`it did not come to pass: ${typeof what === 'string' ? what : what()}`, { cause: error });
}

/** Asks until the answer passes or nobody would wait any longer; returns the last answer, for an `expect`. */
export async function lastAnswer<T>(ask: () => Promise<T>, passes: (answer: T) => boolean): Promise<T> {
  const { seen } = await poll(ask, passes, { isFatal: () => true });
  return seen as T;
}
