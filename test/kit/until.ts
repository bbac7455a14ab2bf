/** Waiting for what comes by itself. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a test waits for what takes a second or so where nothing else runs. It decides only when a thing that never
 * comes is given up: on a machine whose processors others hold, all of it takes many times as long.
 */
export const PATIENCE_MS = 90_000;

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
  const end = Date.now() + ms;
  for (;;) {
    const holds = await Promise.resolve()
      .then(condition)
      .catch(() => false);
    if (holds) return;
    const why = hopeless();
    if (why !== undefined) throw new Error(why);
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(50);
  }
}

/** Waits until `check` gives something other than undefined or false; an error counts as not yet. Throws after PATIENCE_MS. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  everyMs = 50,
): Promise<T> {
  let last: unknown;
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await sleep(everyMs);
  }
  throw new Error(`it did not come to pass: ${what}`, { cause: last });
}

/** Asks until the answer passes or nobody would wait any longer; returns the last answer, for an `expect`. */
export async function lastAnswer<T>(ask: () => Promise<T>, passes: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (passes(answer) || Date.now() > end) return answer;
    await sleep(50);
  }
}
