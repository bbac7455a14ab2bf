import type { CodedError } from '@rolechain/shared';

/** Keys that sign a call. Of static keys there is no token. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they end, milliseconds since 1970; of static keys, and where a source doesn't say, there is none. */
  readonly expiresAt?: number;
}

/** Credentials of an assumed role, as STS issued them. Times in milliseconds since 1970, by AWS's clock. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** When STS had answered. */
  readonly obtainedAt: number;
  readonly expiresAt: number;
  /** The end of the base credentials or of the hop's session that signed its call; undefined where it isn't known. */
  readonly signerEndsAt?: number;
  /** The failure of a base identity or hop that kept credentials stood in for when it was made. */
  readonly bridged?: CodedError;
}

/** Gives the base identity's credentials, new at every call. Rejects with a CodedError. */
export type Source = () => Promise<Credentials>;

/**
 * Whether credentials with this end, in milliseconds since 1970, are known to have ended. Before STS has said the time nobody
 * knows: by a node's clock that is ahead all that a base identity gives may have.
 */
export type HasEnded = (expiresAt: number) => boolean;

/** A session is good to its last second: the one rule for `answer`, `schedule` and `health`. */
export function isValid<T extends Pick<Session, 'expiresAt'>>(session: T | undefined, now: number): session is T {
  return session !== undefined && session.expiresAt > now;
}

/**
 * A session that ends so soon is none: half of its length is less than the least wait between two calls (schedule.ts), so STS
 * would be asked every second, and an SDK that is given it finds it ended at its next call. STS gives 15 minutes at least.
 */
const SESSION_LEAST_MS = 2_000;

/** Whether a session that has just come lasts long enough to be held. */
export function isWorthHolding({ obtainedAt, expiresAt }: Pick<Session, 'obtainedAt' | 'expiresAt'>): boolean {
  return expiresAt - obtainedAt >= SESSION_LEAST_MS;
}

/** What a role has to give. */
export interface RoleOffer {
  readonly session: Session | undefined;
  /** Of the last fetch; undefined after a good one, and before the first has ended. */
  readonly error: CodedError | undefined;
  readonly fetching: boolean;
  /**
   * The node's clock has just jumped past the end of the session. If that is because the machine stood still, it has ended:
   * the fetch that runs or begins now will tell.
   */
  readonly doubted?: boolean;
}
