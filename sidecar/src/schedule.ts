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
 * When to refresh, in milliseconds since 1970. The first refresh comes at a random phase, uniform in
 * [1/4, 1] of the time until it is due: the pods of a rollout start together and must not go on to
 * call STS together (its quota is one account's and Region's). Later ones keep the phase. Never less
 * than a second after the session came.
 */
export function refreshAt(session: Lifetime, options: { readonly first: boolean }, random: Random): number {
  const length = Math.max(0, session.expiresAt - session.obtainedAt);
  const untilDue = length - refreshMargin(length);
  const phase = options.first ? 0.25 + 0.75 * random() : 1;
  return session.obtainedAt + Math.max(REFRESH_FLOOR_MS, untilDue * phase);
}

const RETRY = {
  firstMs: 500,
  /** Without a valid session somebody waits: often enough that a recovery is noticed within SDKs' own patience. */
  transientMs: 5_000,
  /** What a person has to change (a trust policy) takes a while; IAM is eventually consistent besides. */
  terminalMs: 30_000,
  /** With a valid session nobody waits. */
  servedMs: 2 * MINUTE,
  /** Of the time left: at least three more tries before the session ends. */
  servedShare: 1 / 4,
} as const;

/** What `retryAt` is asked about. */
export interface Failure {
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** False where it may pass without anybody's change. */
  readonly terminal: boolean;
  /** The last good session, expired or not. */
  readonly session?: Session | undefined;
}

/**
 * When to try again after a failure, in milliseconds since 1970: exponential from half a second, with
 * half of each delay random. Never in the past, and never after the expiry of a session that is still valid.
 */
export function retryAt(now: number, { failures, terminal, session }: Failure, random: Random): number {
  const valid = isValid(session, now);
  const left = valid ? session.expiresAt - now : Infinity;
  const unserved = terminal ? RETRY.terminalMs : RETRY.transientMs;
  const ceiling = valid ? Math.max(RETRY.firstMs, Math.min(RETRY.servedMs, left * RETRY.servedShare)) : unserved;
  // 2^30 half seconds are far over every ceiling; more would lose precision and then be infinite.
  const delay = Math.min(ceiling, RETRY.firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return now + Math.min(left, delay * (0.5 + 0.5 * random()));
}
