/** A fleet of pods with one role each, moved by the sidecar's own schedule against an STS that may throttle. */
import { schedule, type History, type Lifetime } from '../../../sidecar/src/refresh/schedule.ts';
import { makeEventHeap } from './heap.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;

export interface FleetOptions {
  readonly pods: number;
  readonly hours: number;
  /** All pods start within this time, evenly at random. */
  readonly startWithinMs: number;
  readonly sessionMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** STS accepts `perSecond` calls and refuses the rest. Milliseconds since the start. */
  readonly throttle?: { readonly from: number; readonly to: number; readonly perSecond: number };
}

export interface FleetResult {
  /** AssumeRole calls that STS carried out, of each second. */
  readonly callsPerSecond: Int32Array;
  /** Refused ones included. */
  readonly triesPerSecond: Int32Array;
  /** Pods whose session ended before they had the next one. */
  readonly everWithout: number;
}

export function simulateFleet(options: FleetOptions): FleetResult {
  const { pods, hours, startWithinMs, sessionMs, random, throttle } = options;
  const end = hours * HOUR;
  const events = makeEventHeap(pods);
  const obtainedAt = new Float64Array(pods).fill(-1);
  const failures = new Int32Array(pods);
  const without = new Uint8Array(pods);
  const unservedFrom = new Float64Array(pods).fill(-1);
  const callsPerSecond = new Int32Array(hours * 3600);
  const triesPerSecond = new Int32Array(hours * 3600);
  const admits = makeBucket(throttle);
  const add = (seconds: Int32Array, now: number): void => {
    const index = Math.floor(now / SECOND);
    seconds[index] = (seconds[index] ?? 0) + 1;
  };
  const next = (now: number, session: Lifetime | undefined, history: History): number =>
    schedule({ now, session, history }, random).fetchAt;

  for (let pod = 0; pod < pods; pod += 1) events.push(random() * startWithinMs, pod);
  for (let now = events.time(); now < end; now = events.time()) {
    const pod = events.pop();
    const since = obtainedAt[pod] ?? -1;
    const first = since < 0;
    if (!first && since + sessionMs <= now) without[pod] = 1;
    add(triesPerSecond, now);
    if (admits(now)) {
      add(callsPerSecond, now);
      obtainedAt[pod] = now;
      failures[pod] = 0;
      unservedFrom[pod] = -1;
      const session = { obtainedAt: now, expiresAt: now + sessionMs };
      events.push(next(now, session, { endedAt: now, first, failures: 0 }), pod);
    } else {
      const count = (failures[pod] ?? 0) + 1;
      failures[pod] = count;
      const session = first ? undefined : { obtainedAt: since, expiresAt: since + sessionMs };
      const isServed = session !== undefined && session.expiresAt > now;
      if (!isServed && (unservedFrom[pod] ?? -1) < 0) unservedFrom[pod] = now;
      const unservedMs = isServed ? 0 : now - (unservedFrom[pod] ?? now);
      events.push(next(now, session, { endedAt: now, first, failures: count, failure: THROTTLED, unservedMs }), pod);
    }
  }
  return { callsPerSecond, triesPerSecond, everWithout: without.reduce((sum, one) => sum + one, 0) };
}

const THROTTLED = { terminal: false, throttled: true } as const;

/** A token bucket that holds one second's worth, one call at least. */
function makeBucket(throttle: FleetOptions['throttle']): (now: number) => boolean {
  if (throttle === undefined) return () => true;
  const { from, to, perSecond } = throttle;
  let tokens = 0;
  let filledAt = from;
  return (now) => {
    if (now < from || now >= to) return true;
    tokens = Math.min(Math.max(1, perSecond), tokens + ((now - filledAt) / SECOND) * perSecond);
    filledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
