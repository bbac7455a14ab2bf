/** Time and chance, as everything that waits takes them: tests hand in simulated ones. */
import { uptime as sinceBoot } from 'node:os';
import { makeElapsed } from './elapsed.ts';

interface Timers {
  /** Milliseconds since the process began. It never jumps, and stands still while the machine sleeps, as timers do. */
  uptime(): number;
  /** Calls back after `ms`, once; the function returned takes the timer back. */
  setTimer(ms: number, callback: () => void): () => void;
  /** Uniform in [0, 1). */
  random(): number;
}

/** What the node itself knows of time. */
export interface NodeClock extends Timers {
  /** Milliseconds since 1970, by the node's clock. It may be wrong, and it may jump. */
  wall(): number;
  /** `uptime`, and the time that the machine slept meanwhile. It never jumps. */
  elapsed(): number;
}

export interface Clock extends Timers {
  /** Milliseconds since 1970 by AWS's clock, as far as that is known (aws-clock.ts): by it sessions end and fetches are due. */
  now(): number;
  /** Milliseconds by which the node's clock is ahead of `elapsed`: another figure after each jump. Of no other meaning. */
  jumps(): number;
}

const uptime = (): number => performance.now();

export const systemClock: NodeClock = {
  wall: Date.now,
  uptime,
  elapsed: makeElapsed({ wall: Date.now, uptime, sinceBoot: () => sinceBoot() * 1000 }),
  setTimer: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
