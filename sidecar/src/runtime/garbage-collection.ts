/** Gives memory back after the start and after a fetch: what they leave behind would lie in the heap until the next one, in half an hour. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../model/clock.ts';

/** Long enough for the answers of requests that waited, and for roles that refresh together. */
const QUIET_MS = 1_000;

export interface GarbageCollector {
  /** A fetch has ended; `good`: with a session. */
  fetched(good: boolean): void;
  stop(): void;
}

/**
 * Collects once the start is over, however long the first fetch takes: what the start left is the most, and on top of it
 * a flood of requests comes near the memory limit. Then once behind each fetch that gave a session, and behind the very
 * first fetch however it ended. Fetches that end within a second are one round. Failed ones may come each second, and a
 * collection takes more of the processor than they do.
 */
export function makeGarbageCollector(clock: Pick<Clock, 'setTimer'>, collect: () => void): GarbageCollector {
  let first = true;
  let cancel = clock.setTimer(QUIET_MS, collect);
  return {
    fetched: (good) => {
      if (!good && !first) return;
      first = false;
      cancel();
      cancel = clock.setTimer(QUIET_MS, collect);
    },
    stop: () => cancel(),
  };
}

/** V8's own figure (flag-definitions.h): collections that a function's bytecode outlives unused. */
const BYTECODE_OLD_AGE = 6;

/**
 * The collection by which V8 gives back the most: what it does before it runs out of memory, and without the bytecode
 * and baseline code of what has run until now. What runs again is compiled again, in some milliseconds at the next refresh.
 */
export function collectGarbage(): void {
  // The flags stand only while they are used: V8 refuses code caches that were made under others, Node's own too.
  setFlagsFromString('--expose-gc');
  setFlagsFromString('--bytecode-old-age=0');
  setFlagsFromString('--flush-baseline-code');
  const gc = runInNewContext('gc') as NodeJS.GCFunction;
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  setFlagsFromString('--no-flush-baseline-code');
  setFlagsFromString(`--bytecode-old-age=${BYTECODE_OLD_AGE}`);
  setFlagsFromString('--no-expose-gc');
}

/**
 * Keeps V8 small from here on. For once everything is loaded: under these flags it refuses code caches, Node's own too.
 * Nothing is optimised any more: some hundred requests would leave 15 MiB in malloc's heap, which never come back, for no
 * latency that could be measured (adr/0013). The young generation is collected between requests at a fifth
 * of its size, so that most of it is never touched.
 */
export function spareMemory(): void {
  setFlagsFromString('--max-optimized-bytecode-size=0');
  setFlagsFromString('--minor-gc-task-trigger=20');
}
