/** A clock that moves only when a test says so. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

export interface SimClock extends Clock {
  /** Lets time pass: timers fire in order, and what they cause happens before the next one. */
  advance(ms: number): Promise<void>;
  /** Sets the node's clock forward or back, while no time passes. */
  jump(ms: number): void;
  /** Timers that wait. */
  pending(): number;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** `random` is asked for each chance; 0 by default. */
export function makeSimClock(random: () => number = () => 0): SimClock {
  let elapsed = 0;
  let wallAtStart = Date.parse('2026-11-22T12:00:00Z');
  const timers = new Set<Timer>();

  const firstDue = (until: number): Timer | undefined =>
    [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];

  return {
    now: () => wallAtStart + elapsed,
    uptime: () => elapsed,
    random,
    setTimer: (ms, callback) => {
      const timer = { at: elapsed + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: async (ms) => {
      const until = elapsed + ms;
      // A turn of the event loop lets promises that are settled run on, however long their chain.
      await turn();
      for (let timer = firstDue(until); timer; timer = firstDue(until)) {
        timers.delete(timer);
        elapsed = Math.max(elapsed, timer.at);
        timer.callback();
        await turn();
      }
      elapsed = until;
    },
    jump: (ms) => {
      wallAtStart += ms;
    },
    pending: () => timers.size,
  };
}
