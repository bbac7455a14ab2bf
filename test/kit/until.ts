/** Waiting for what comes by itself. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a test waits for what takes a second or so where nothing else runs. It decides only when a thing that never
 * comes is given up: on a machine whose processors others hold, all of it takes many times as long.
 */
export const PATIENCE_MS = 90_000;

/** Looks every `everyMs` until there is something, or `ms` have passed; then the last error of a look, which counts as not yet. */
async function poll<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { ms = PATIENCE_MS, everyMs = 50, hopeless = () => undefined }: PollOptions,
): Promise<{ readonly found: T } | { readonly error: unknown }> {
  const end = Date.now() + ms;
  for (;;) {
    let error: unknown;
    try {
      const found = await look();
      if (found !== undefined && found !== false) return { found };
    } catch (thrown) {
      error = thrown;
    }
    const why = hopeless();
    if (why !== undefined) throw new Error(why);
    if (Date.now() > end) return { error };
    await sleep(everyMs);
  }
}

interface PollOptions {
  readonly ms?: number;
  readonly everyMs?: number;
  /** A sentence that says why it never will. */
  readonly hopeless?: () => string | undefined;
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
  if (!('found' in (await poll(condition, { ms, hopeless })))) throw new Error(`not within ${ms} ms: ${what}`);
}

/** Waits until `check` gives something other than undefined or false; an error counts as not yet. Throws after PATIENCE_MS. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  everyMs = 50,
): Promise<T> {
  const polled = await poll(check, { everyMs });
  if ('found' in polled) return polled.found;
  throw new Error(`it did not come to pass: ${what}`, { cause: polled.error });
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
