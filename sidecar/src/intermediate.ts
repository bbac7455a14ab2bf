/**
 * Sessions of the hops before the target, shared by the roles of a sidecar that go through the same
 * hop. The target's own session is the keeper's.
 */
import type { CodedError } from '@rolechain/shared';
import { makeFlights } from './flights.ts';
import { refreshMargin } from './schedule.ts';
import { isValid, type Session } from './session.ts';

/**
 * A refusal further down may be the fault of what a session carries (its tags), which somebody has
 * mended since: one that is older than this is not used for the next try.
 */
const DOUBTFUL_MS = 60_000;

export interface Intermediates {
  /** The session of `key`: one that is there and long enough, or the running fetch, or a new one. */
  get(key: string, fetch: () => Promise<Session>): Promise<Session>;
  /** The call that `session` signed was refused. */
  refused(key: string, session: Session, error: CodedError): void;
}

/** Whether a session may sign another call: it is kept exactly as long as a keeper would not replace it. Pure. */
export function isReusable(session: Session | undefined, now: number): session is Session {
  if (!isValid(session, now)) return false;
  return session.expiresAt - now > refreshMargin(session.expiresAt - session.obtainedAt);
}

export function makeIntermediates(now: () => number): Intermediates {
  const kept = new Map<string, Session>();
  const flights = makeFlights<Session>();

  function keep(key: string, session: Session): Session {
    // Keys change with external IDs: what nobody asks for any more must not pile up.
    for (const [old, { expiresAt }] of kept) if (expiresAt <= now()) kept.delete(old);
    kept.set(key, session);
    return session;
  }

  return {
    get: async (key, fetch) => {
      const session = kept.get(key);
      if (isReusable(session, now())) return session;
      return flights(key, async () => keep(key, await fetch()));
    },
    refused: (key, session, error) => {
      // Another role may have fetched a new one meanwhile.
      if (kept.get(key) !== session) return;
      const doubtful = error.terminal && now() - session.obtainedAt >= DOUBTFUL_MS;
      if (error.code === 'StsCredentialsExpired' || doubtful) kept.delete(key);
    },
  };
}
