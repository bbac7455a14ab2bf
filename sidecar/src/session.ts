/** Keys that sign a call. Of static keys there is no token. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they end, milliseconds since 1970; of static keys, and where a source doesn't say, there is none. */
  readonly expiresAt?: number;
}

/** Credentials of an assumed role, as STS issued them. Times in milliseconds since 1970. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** By the node's clock, when STS had answered. */
  readonly obtainedAt: number;
  /** By STS's clock. */
  readonly expiresAt: number;
  /** The earliest end of what it was made from, base identity and hops; undefined where none is known to end. */
  readonly sourcesEndAt?: number;
}

/** The earliest end of `before` and of what it was made from; undefined where neither has a known one. Pure. */
export function earliestEnd(before: Credentials & Partial<Pick<Session, 'sourcesEndAt'>>): number | undefined {
  const end = Math.min(before.expiresAt ?? Infinity, before.sourcesEndAt ?? Infinity);
  return end === Infinity ? undefined : end;
}

/** Gives the base identity's credentials, new at every call. Rejects with a CodedError. */
export type Source = () => Promise<Credentials>;

/** A session is good to its last second: the one rule for `answer`, `schedule` and `health`. */
export function isValid<T extends Pick<Session, 'expiresAt'>>(session: T | undefined, now: number): session is T {
  return session !== undefined && session.expiresAt > now;
}
