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
