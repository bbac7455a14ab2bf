import { isValid, type Session } from './session.ts';

const MINUTE = 60_000;

/** What `refreshAt` needs of a session. */
export type Lifetime = Pick<Session, 'obtainedAt' | 'expiresAt'>;

/** Uniform in [0, 1). */
export type Random = () => number;

/**
 * How much of a session of this length is left when its refresh is due: `min(L/2, max(20 min, L/4))`.
 * botocore, Java and .NET ask again with under 15 minutes left, so 20 minutes keep what is served above
 * that, with 5 minutes for a failing STS; half of the length bounds the calls for short sessions.
 */
export function refreshMargin(lengthMs: number): number {
  return Math.min(lengthMs / 2, Math.max(20 * MINUTE, lengthMs / 4));
}

/** Where clocks are an hour apart, every session is nearly over when it comes: no reason to flood STS. */
const REFRESH_FLOOR_MS = 1_000;

/**
 * Where in the time until it is due the first refresh may come. The pods of a rollout start together and
 * must not go on to call STS together (its quota is one account's and Region's): spread over nearly the
 * whole period, a fleet calls evenly. Not over all of it: a Job of a minute needs no second session.
 */
const FIRST_PHASE = { from: 0.05, to: 1 } as const;

/**
 * When to refresh, in milliseconds since 1970. The first refresh comes at a random phase of the time
 * until it is due, later ones keep the phase. Never less than a second after the session came.
 */
export function refreshAt(session: Lifetime, options: { readonly first: boolean }, random: Random): number {
  const length = Math.max(0, session.expiresAt - session.obtainedAt);
  const untilDue = length - refreshMargin(length);
  const { from, to } = FIRST_PHASE;
  const phase = options.first ? from + (to - from) * random() : 1;
  return session.obtainedAt + Math.max(REFRESH_FLOOR_MS, untilDue * phase);
}

const RETRY = {
  firstMs: 500,
  /** Without a valid session somebody waits: often enough that a recovery is noticed within SDKs' own patience. */
  transientMs: 5_000,
  /** What a person has to change (a trust policy) takes a while; IAM is eventually consistent besides. */
  terminalMs: 30_000,
} as const;

/**
 * With a valid session nobody waits, and the time left decides. The interval falls with its third power,
 * so that of a fleet that STS throttles those get through whose sessions end first: with an even interval,
 * pods with 20 minutes left take the calls away from those with one (`bench fleet` measures it).
 */
const SERVED = {
  /** Of the refresh margin, with all of it left: 12 minutes of 20. */
  share: 0.6,
  power: 3,
  /** Whatever the length: what is mended should show in the state of the role. */
  ceilingMs: 2 * MINUTE,
  throttledCeilingMs: 15 * MINUTE,
  floorMs: 250,
  /** What a person has to change is not asked for more often than that, however near the end is. */
  terminalFloorMs: 5_000,
} as const;

/** What `retryAt` is asked about. */
export interface Failure {
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** False where it may pass without anybody's change. */
  readonly terminal: boolean;
  /** STS or the agent says that there are too many calls: more of them at once are no help. */
  readonly throttled?: boolean;
  /** The last good session, expired or not. */
  readonly session?: Session | undefined;
}

/**
 * When to try again after a failure, in milliseconds since 1970: exponential from half a second to a
 * ceiling, with half of each delay random. Where throttled with a valid session, the ceiling at once.
 * Never in the past, and never after the expiry of a session that is still valid.
 */
export function retryAt(now: number, failure: Failure, random: Random): number {
  const { failures, terminal, throttled = false, session } = failure;
  const valid = isValid(session, now);
  const left = valid ? session.expiresAt - now : Infinity;
  const unserved = terminal ? RETRY.terminalMs : RETRY.transientMs;
  const ceiling = valid ? servedCeiling(session, left, failure) : unserved;
  // 2^30 half seconds are far over every ceiling; more would lose precision and then be infinite.
  const grown = RETRY.firstMs * 2 ** Math.min(30, Math.max(0, failures - 1));
  const delay = valid && throttled ? ceiling : Math.min(ceiling, grown);
  return now + Math.min(left, delay * (0.5 + 0.5 * random()));
}

function servedCeiling({ obtainedAt, expiresAt }: Session, left: number, { terminal, throttled }: Failure): number {
  const margin = refreshMargin(Math.max(0, expiresAt - obtainedAt));
  const share = Math.min(1, margin === 0 ? 0 : left / margin);
  const floor = terminal ? SERVED.terminalFloorMs : SERVED.floorMs;
  const ceiling = throttled ? SERVED.throttledCeilingMs : SERVED.ceilingMs;
  return Math.max(floor, Math.min(ceiling, SERVED.share * margin * share ** SERVED.power));
}
