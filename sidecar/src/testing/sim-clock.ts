/** A clock that moves only when a test says so: the node's, AWS's true one, and what the sidecar knows of that. */
import { setImmediate as turn } from 'node:timers/promises';
import { makeAwsClock, type AwsClock } from '../sts/aws-clock.ts';
import type { NodeClock } from '../model/clock.ts';

export interface SimClock extends AwsClock {
  /** The node's clock. */
  wall(): number;
  /** AWS's own clock, which nobody here can see: it keeps true time whatever the node's does. */
  aws(): number;
  /** STS answers: its Date is learned, of a request that was sent at `sentAt` by `elapsed`. */
  hear(sentAt: number): void;
  /** Lets time pass: timers fire in order, and what they cause happens before the next one. */
  advance(ms: number): Promise<void>;
  /** Sets the node's clock forward or back, while no time passes. */
  jump(ms: number): void;
  /** The machine sleeps: timers and `uptime` stand still, all else goes on. */
  sleep(ms: number): void;
  /** The machine is stopped by its host: it knows nothing of it but by its clock, which is set right then. */
  pause(ms: number): void;
  /** Timers that wait. */
  pending(): number;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

const START = Date.parse('2026-11-22T12:00:00Z');

/** `random` is asked for each chance; 0 by default. Node and AWS begin with the same time. */
export function makeSimClock(random: () => number = () => 0): SimClock {
  let awake = 0;
  let slept = 0;
  let paused = 0;
  let off = 0;
  const timers = new Set<Timer>();

  const firstDue = (until: number): Timer | undefined =>
    [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
  const elapsed = (): number => awake + slept;
  const aws = (): number => START + elapsed() + paused;
  const node: NodeClock = {
    wall: () => aws() + off,
    uptime: () => awake,
    elapsed,
    random,
    setTimer: (ms, callback) => {
      const timer = { at: awake + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const known = makeAwsClock(node);

  return {
    ...known,
    wall: node.wall,
    aws,
    hear: (sentAt) => known.learn({ time: Math.floor(aws() / 1000) * 1000, sentAt, receivedAt: elapsed() }),
    advance: async (ms) => {
      const until = awake + ms;
      // A turn of the event loop lets promises that are settled run on, however long their chain.
      await turn();
      for (let timer = firstDue(until); timer; timer = firstDue(until)) {
        timers.delete(timer);
        awake = Math.max(awake, timer.at);
        timer.callback();
        await turn();
      }
      awake = until;
    },
    jump: (ms) => {
      off += ms;
    },
    sleep: (ms) => {
      slept += ms;
    },
    pause: (ms) => {
      paused += ms;
    },
    pending: () => timers.size,
  };
}
