/**
 * What the target's session is made from, shared by the roles of a sidecar: base credentials, and the sessions of the
 * hops before the target. The target's own session is the role refresher's.
 *
 * The last good ones are kept. While they are valid, a failure of their renewal that passes by itself costs nothing:
 * the chain walks on with them. A refusal is never so bridged (adr/0012).
 */
import type { CodedError, ErrorCode } from '@rolechain/shared';
import { toCoded } from '../model/coded.ts';
import { makeSingleFlight } from './single-flight.ts';
import { refreshMargin } from '../refresh/schedule.ts';
import { isValid, type Credentials, type Session } from '../model/session.ts';

/**
 * A refusal further down may be the fault of what a session carries (its tags), which somebody has
 * mended since: one that is older than this is not used for the next try.
 */
const DOUBTFUL_MS = 60_000;

/** Keys without an end, of a Secret: anyone who takes them out of its file in a way that looks torn waits this long. */
const ENDLESS_KEPT_MS = 3_600_000;

/**
 * Failures that say nothing about what the identity may do: they pass, and what is kept stands in. Not here, so never
 * bridged: every refusal, and what is gone: an association (AgentNoAssociation), another account
 * (TokenRequestAccountMissing), a Secret (EnvironmentEmpty), a profile in it (EnvironmentInvalid).
 */
export const SERVED_STALE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AgentUnreachable',
  'AgentThrottled',
  'AgentUnavailable',
  'AgentInvalidResponse',
  'StsUnreachable',
  'StsThrottled',
  'StsUnavailable',
  'StsInvalidResponse',
  // The token of the agent, or the session before a hop: the next one comes by itself.
  'StsCredentialsExpired',
  'StsClockSkew',
  'BaseTokenUnreadable',
  'BaseTokenMalformed',
  'TokenRequestUnavailable',
  'EnvironmentFailed',
]);

/** Sees each failure that what is kept has stood in for. */
export type OnServedStale = (error: CodedError) => void;

/** Credentials to sign with. */
export interface Obtained<T> {
  readonly credentials: T;
  /** Why they could not be renewed, where they are kept ones that stand in. */
  readonly bridged?: CodedError;
}

export interface CredentialCache<T extends Credentials> {
  /** What is kept under `key` where it is reusable; else the running fetch or a new one, or what is kept if that fails in passing. */
  get(key: string, fetch: () => Promise<T>): Promise<Obtained<T>>;
  /** The call that `credentials` signed was refused. */
  refused(key: string, credentials: T, error: CodedError): void;
}

export interface CredentialCacheOptions<T> {
  /** Milliseconds since 1970, by AWS's clock. */
  readonly now: () => number;
  /** Whether it may be used without asking again. */
  readonly reuse: (kept: T, now: number) => boolean;
  readonly onServedStale?: OnServedStale | undefined;
}

/** Whether a session may sign another call: it is kept exactly as long as a role refresher would not replace it. Pure. */
export function isReusable(session: Session | undefined, now: number): session is Session {
  if (!isValid(session, now)) return false;
  return session.expiresAt - now > refreshMargin(session.expiresAt - session.obtainedAt);
}

/** Sessions of hops: used again until their own refresh is due. */
export function makeSessionCache(now: () => number, onServedStale?: OnServedStale): CredentialCache<Session> {
  return makeCredentialCache<Session>({ now, reuse: isReusable, onServedStale });
}

/** Base credentials: the source is asked each time, so that a revocation counts at the next refresh. */
export function makeBaseCache(now: () => number, onServedStale?: OnServedStale): CredentialCache<Credentials> {
  return makeCredentialCache<Credentials>({ now, reuse: () => false, onServedStale });
}

interface Entry<T> {
  readonly value: T;
  readonly keptAt: number;
  readonly endsAt: number;
}

function makeCredentialCache<T extends Credentials>({
  now,
  reuse,
  onServedStale,
}: CredentialCacheOptions<T>): CredentialCache<T> {
  const kept = new Map<string, Entry<T>>();
  const flights = makeSingleFlight<Obtained<T>>();

  function keep(key: string, value: T): T {
    const keptAt = now();
    // Keys change with external IDs: what nobody asks for any more must not pile up.
    for (const [old, { endsAt }] of kept) if (endsAt <= keptAt) kept.delete(old);
    kept.set(key, { value, keptAt, endsAt: value.expiresAt ?? keptAt + ENDLESS_KEPT_MS });
    return value;
  }

  /** What is kept and valid now; read after the fetch has failed, since `refused` may have dropped it meanwhile. */
  function valid(key: string): T | undefined {
    const entry = kept.get(key);
    return entry !== undefined && entry.endsAt > now() ? entry.value : undefined;
  }

  async function renew(key: string, fetch: () => Promise<T>): Promise<Obtained<T>> {
    try {
      return { credentials: keep(key, await fetch()) };
    } catch (reason) {
      const error = toCoded(reason);
      if (!SERVED_STALE.has(error.code)) {
        // A refusal counts from now on, also when the next failure passes.
        kept.delete(key);
        throw reason;
      }
      const standIn = valid(key);
      if (standIn === undefined) throw reason;
      onServedStale?.(error);
      return { credentials: standIn, bridged: error };
    }
  }

  return {
    get: async (key, fetch) => {
      const entry = kept.get(key);
      if (entry !== undefined && reuse(entry.value, now())) return { credentials: entry.value };
      return flights(key, () => renew(key, fetch));
    },
    refused: (key, credentials, error) => {
      const entry = kept.get(key);
      // Another role may have fetched new ones meanwhile.
      if (entry?.value !== credentials) return;
      // Of what is asked for again each time, there is nothing to doubt.
      const doubtful = error.terminal && now() - entry.keptAt >= DOUBTFUL_MS && reuse(entry.value, now());
      if (error.code === 'StsCredentialsExpired' || doubtful) kept.delete(key);
    },
  };
}
