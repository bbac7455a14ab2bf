/**
 * AWS's time (adr/0015): what STS said of it last, and the time that has passed since. The node's clock may be wrong and may
 * jump: it counts only until STS has said something.
 *
 * An answer tells the time within bounds: STS wrote whole seconds, cut, at some moment between the request and the answer.
 * What is known already stays where it is within these bounds, so a node's clock that is right is used as it is, and a slow
 * network moves nothing; else it moves to the middle between them, half a second and half of the call's time off at most.
 */
import { LIMITS } from '@rolechain/shared';
import type { Clock, NodeClock } from '../model/clock.ts';

/** A time that STS has said. */
export interface Reading {
  /** Milliseconds since 1970, of whole seconds. */
  readonly time: number;
  /** By `elapsed`: when the request was sent, and when its answer came. */
  readonly sentAt: number;
  readonly receivedAt: number;
}

/** The clock of a sidecar: made once, at start. */
export interface AwsClock extends Clock {
  /** See NodeClock. */
  elapsed(): number;
  /** Whether STS has said the time: until then `now` is the node's. */
  known(): boolean;
  /** AWS's time less the node's, in milliseconds: what the SDK calls `systemClockOffset`. 0 while it isn't known. */
  offset(): number;
  /** Takes what STS has said. One that is over a day from all that is known is not believed: then the node's clock is as likely right. */
  learn(reading: Reading): void;
}

const BELIEVED_MS = LIMITS.clockOffsetMaxSeconds * 1000;

/** `onLearned` gets the offset each time that STS has said the time. */
export function makeAwsClock(node: NodeClock, onLearned: (offsetMs: number) => void = () => undefined): AwsClock {
  /** AWS's time less `elapsed`. */
  let ahead: number | undefined;
  const { uptime, setTimer, random, elapsed, wall } = node;
  const jumps = (): number => wall() - elapsed();
  const now = (): number => (ahead === undefined ? wall() : ahead + elapsed());
  const offset = (): number => (ahead === undefined ? 0 : now() - wall());
  return {
    uptime,
    setTimer,
    random,
    elapsed,
    jumps,
    now,
    offset,
    known: () => ahead !== undefined,
    learn: (reading) => {
      const { time } = reading;
      if (Math.abs(time - wall()) > BELIEVED_MS && Math.abs(time - now()) > BELIEVED_MS) return;
      ahead = corrected(ahead ?? jumps(), reading);
      onLearned(offset());
    },
  };
}

/** AWS's time less `elapsed`, from what was known of it and a reading. Pure. */
export function corrected(ahead: number, { time, sentAt, receivedAt }: Reading): number {
  const [least, most] = [time - receivedAt, time + 1000 - sentAt];
  return ahead >= least && ahead <= most ? ahead : (least + most) / 2;
}
