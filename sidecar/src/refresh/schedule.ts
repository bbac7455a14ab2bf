/** When a role's next fetch is due: one pure function, `schedule`, of the time, the session and what has happened. */
import { isValid, type Session } from '../model/session.ts';

const MINUTE = 60_000;

/** What counts of a session here. */
export type Lifetime = Pick<Session, 'obtainedAt' | 'expiresAt' | 'signerEndsAt'>;

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

/** Where STS gives sessions that are nearly over when they come: no reason to flood it. */
const REFRESH_FLOOR_MS = 1_000;

/**
 * Where in the time until it is due the first refresh may come. The pods of a rollout start together and
 * must not go on to call STS together (its quota is one account's and Region's): spread over nearly the
 * whole period, a fleet calls evenly. Not over all of it: a Job of a minute needs no second session.
 */
const FIRST_PHASE = { from: 0.05, to: 1 } as const;

/**
 * What signed its call, base credentials or a hop's session, may end before the refresh is due. It comes then with this
 * much of that left, as a served session keeps 5 minutes for a failing STS, so that the refresh still finds it valid if its
 * renewal fails in passing.
 */
const SIGNER_LEFT = { ms: 5 * MINUTE, share: 1 / 4 } as const;
/** But never before this share of the usual time: a source that hands out nearly ended ones must not flood STS. */
const SIGNER_FLOOR = 1 / 4;

/** Milliseconds from `obtainedAt` on until the refresh is due. */
function untilDue({ obtainedAt, expiresAt, signerEndsAt = Infinity }: Lifetime): number {
  const length = Math.max(0, expiresAt - obtainedAt);
  const usual = length - refreshMargin(length);
  const signer = Math.max(0, signerEndsAt - obtainedAt);
  const early = signer === Infinity ? usual : signer - Math.min(SIGNER_LEFT.ms, signer * SIGNER_LEFT.share);
  return Math.min(usual, Math.max(usual * SIGNER_FLOOR, early));
}

/**
 * When to refresh, in milliseconds since 1970. The first refresh comes at a random phase of the time
 * until it is due, later ones keep the phase. Never less than a second after the session came. A time
 * that went back since must not make it wait for longer than that.
 */
function refreshAt(now: number, session: Lifetime, first: boolean, random: Random): number {
  const { from, to } = FIRST_PHASE;
  const phase = first ? from + (to - from) * random() : 1;
  return Math.min(now, session.obtainedAt) + Math.max(REFRESH_FLOOR_MS, untilDue(session) * phase);
}

const RETRY_FIRST_MS = 500;

/**
 * Without a valid session somebody may wait: tries come at `ms` at most, once they have lasted for `quickForMs` at `thenMs`.
 * Requests change nothing of it: a pod with many clients would call STS the more often the longer it refuses (adr/0020).
 */
const UNSERVED = {
  /**
   * Most of what passes does so within half a minute: so long, a recovery is noticed within the patience of every SDK that
   * tries again (Go's has three requests, each held for 0.8 s).
   */
  transient: { ms: 1_000, quickForMs: 30_000, thenMs: 5_000 },
  /** IAM is eventually consistent for a minute or two; what a person has to change (a trust policy) takes longer. */
  terminal: { ms: 5_000, quickForMs: 2 * MINUTE, thenMs: 30_000 },
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

/** A time that is corrected by less has not jumped. */
export const JUMP_MS = 1_000;

/** The error of the last fetch, as far as it counts here. */
export interface FailureKind {
  /** False where it may pass without anybody's change. */
  readonly terminal: boolean;
  /** STS or the agent says that there are too many calls: more of them at once are no help. */
  readonly throttled: boolean;
}

/** What has happened to a role. Times in milliseconds since 1970, by AWS's clock. */
export interface History {
  /** When the last fetch ended; undefined before the first has. */
  readonly endedAt?: number | undefined;
  /** The session is the role's first: its refresh comes at a random phase. */
  readonly first: boolean;
  /** Failures in a row. */
  readonly failures: number;
  /** Of the last fetch; undefined after a good one. */
  readonly failure?: FailureKind | undefined;
  /** For how long fetches have failed without a valid session; 0 with one. */
  readonly unservedMs?: number;
  /** What was planned since the last fetch ended: chances are taken once, not at each look. */
  readonly plannedAt?: number | undefined;
  /** When the plan was last looked at. */
  readonly lookedAt?: number | undefined;
  /** The node's clock has jumped since the last fetch began. */
  readonly jumped?: boolean;
}

/** The next action: a fetch. */
export interface Action {
  /** Milliseconds since 1970; `now` where it is due. */
  readonly fetchAt: number;
  readonly reason: 'start' | 'clock' | 'refresh' | 'retry';
}

export interface Situation {
  readonly now: number;
  /** The last good session, expired or not. */
  readonly session: Lifetime | undefined;
  readonly history: History;
}

/**
 * The next fetch, never in the past. AWS's time, as far as it was known, may turn out to be earlier than at the last look:
 * then the plan says nothing of what is due, so fetch. Later, or a machine that slept, makes the plan due. A jump of the
 * node's clock changes nothing that is known, but a machine that stood still unawares looks the same: STS will say. Pure but
 * for `random`.
 */
export function schedule({ now, session, history }: Situation, random: Random): Action {
  const { endedAt, lookedAt = -Infinity, jumped, failure } = history;
  if (endedAt === undefined) return { fetchAt: now, reason: 'start' };
  if (jumped || now < lookedAt - JUMP_MS) return { fetchAt: now, reason: 'clock' };
  const planned = Math.max(now, history.plannedAt ?? plan(now, session, history, random));
  return { fetchAt: planned, reason: failure ? 'retry' : 'refresh' };
}

function plan(
  now: number,
  session: Lifetime | undefined,
  { first, failures, failure, unservedMs = 0 }: History,
  random: Random,
): number {
  if (failure) return retryAt(now, { ...failure, failures, session, unservedMs }, random);
  // A good fetch without a session is none.
  return session ? refreshAt(now, session, first, random) : now;
}

interface Failure extends FailureKind {
  /** Failures in a row, this one included. */
  readonly failures: number;
  readonly session: Lifetime | undefined;
  readonly unservedMs: number;
}

/**
 * When to try again after a failure, in milliseconds since 1970: exponential from half a second to a
 * ceiling, with half of each delay random. Where throttled with a valid session, the ceiling at once.
 * Never in the past, and never after the expiry of a session that is still valid.
 */
function retryAt(now: number, failure: Failure, random: Random): number {
  const { failures, throttled, session } = failure;
  const valid = isValid(session, now);
  const left = valid ? session.expiresAt - now : Infinity;
  const ceiling = valid ? servedCeiling(session, left, failure) : unservedCeiling(failure);
  // 2^30 half seconds are far over every ceiling; more would lose precision and then be infinite.
  const grown = RETRY_FIRST_MS * 2 ** Math.min(30, Math.max(0, failures - 1));
  const delay = valid && throttled ? ceiling : Math.min(ceiling, grown);
  return now + Math.min(left, delay * (0.5 + 0.5 * random()));
}

function unservedCeiling({ terminal, unservedMs }: Failure): number {
  const { ms, quickForMs, thenMs } = terminal ? UNSERVED.terminal : UNSERVED.transient;
  return unservedMs < quickForMs ? ms : thenMs;
}

function servedCeiling({ obtainedAt, expiresAt }: Lifetime, left: number, { terminal, throttled }: Failure): number {
  const margin = refreshMargin(Math.max(0, expiresAt - obtainedAt));
  const share = Math.min(1, margin === 0 ? 0 : left / margin);
  const floor = terminal ? SERVED.terminalFloorMs : SERVED.floorMs;
  const ceiling = throttled ? SERVED.throttledCeilingMs : SERVED.ceilingMs;
  return Math.max(floor, Math.min(ceiling, SERVED.share * margin * share ** SERVED.power));
}
