/** Keys that sign a call. Of static keys there is no token. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
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
}

/** Gives the base identity's credentials, new at every call. Rejects with a CodedError. */
export type Source = () => Promise<Credentials>;

/** A session is good to its last second: the one rule for `answer`, `schedule` and `health`. */
export function isValid(session: Session | undefined, now: number): session is Session {
  return session !== undefined && session.expiresAt > now;
}
