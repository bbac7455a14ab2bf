/** How a role's session is had: base identity, hop by hop; or by web identity on the target itself. */
import { CodedError } from '@rolechain/shared';
import { assumeRole, assumeRoleWithWebIdentity, type StsOptions } from '../sts/assume-role.ts';
import { toCoded, withMore } from '../model/coded.ts';
import { baseKey, hopKey } from './cache-key.ts';
import {
  makeBaseCache,
  makeSessionCache,
  type CredentialCache,
  type Obtained,
  type OnServedStale,
} from './credential-cache.ts';
import type { AssumeRoleCall, HopPlan, IdentityPlan, RolePlan, SourcePlan } from '../model/plan.ts';
import type { Credentials, HasEnded, Session, Source } from '../model/session.ts';
import { agentFirst } from '../source/agent-first.ts';
import { environment } from '../source/environment.ts';
import { readExternalID } from '../source/external-id.ts';
import { irsa } from '../source/irsa.ts';
import type { Agent } from '../source/pod-identity.ts';
import { webIdentityToken, type TokenOptions } from '../source/web-identity-token.ts';
import { fallsBack } from './web-identity-fallback.ts';

/** What leaves the process, beside the agent and files: a simulated world has its own. */
export interface Outside {
  readonly assumeRole: typeof assumeRole;
  readonly assumeRoleWithWebIdentity: typeof assumeRoleWithWebIdentity;
  readonly webIdentityToken: typeof webIdentityToken;
}

const OUTSIDE: Outside = { assumeRole, assumeRoleWithWebIdentity, webIdentityToken };

/** What the roles of a sidecar share. */
export interface ChainContext extends StsOptions {
  readonly agent: Agent;
  readonly token: TokenOptions;
  /** Whether credentials with this end are known to have ended. */
  readonly hasEnded: HasEnded;
  readonly environmentFolder: string;
  readonly externalIDFolder: string;
  /** Milliseconds since the sidecar's start. */
  readonly uptime: () => number;
  /** Sees each failure of a base identity or a hop that kept credentials have stood in for. */
  readonly onServedStale?: OnServedStale;
  readonly outside?: Outside;
}

/** Fetches the session of a role's target once. Rejects with a CodedError. */
export type FetchSession = () => Promise<Session>;

/** The same for hops whose external IDs are known. */
type Way = (calls: readonly AssumeRoleCall[]) => Promise<Session>;

/**
 * A function that makes each role's fetch. Roles that go through the same hop share its session, and
 * a base identity that several want at once is asked for once. The base identity is asked for at each
 * walk; what it gave last is kept for the time that it fails in passing, and dropped when STS calls it expired.
 */
export function makeChains(context: ChainContext): (role: RolePlan) => FetchSession {
  const sessionCache = makeSessionCache(context.clock.now, context.onServedStale);
  const baseCache = makeBaseCache(context.clock.now, context.onServedStale);
  const { endpoint, agent, uptime, outside = OUTSIDE } = context;
  /** Errors that a base identity ended with, not one of the hops. */
  const ofBase = new WeakSet<object>();

  function chain({ source, hops }: RolePlan): FetchSession {
    // The schema of the configuration asks for a source unless web identity is the only way.
    if (source === undefined) return () => Promise.reject(new CodedError('ConfigInvalid', 'A chain has no source.'));
    const way = wayFrom(source);
    return async () => way(await resolve(hops, context));
  }

  /** A walk that starts from `source`. */
  function wayFrom(source: SourcePlan): Way {
    if (source.type !== 'agent-first') {
      const start = baseKey(source, endpoint);
      const fetch = makeSource(source, context);
      return (calls) => walk(calls, start, fetch);
    }
    // Two identities, so two keys: what IRSA gave in the agent's place is not used once that has answered.
    const byAgent = wayFrom({ type: 'pod-identity' });
    const byIrsa = wayFrom({ ...source, type: 'irsa' });
    const isOfBase = (error: unknown): boolean => ofBase.has(Object(error) as object);
    return (calls) => {
      const ways = { agent: () => byAgent(calls), irsa: () => byIrsa(calls) };
      return agentFirst({ ...ways, agentEverAnswered: agent.everAnswered, isOfBase, uptime });
    };
  }

  /** From the target backwards: what comes before a hop whose session is there is not asked for. */
  function walk(calls: readonly AssumeRoleCall[], start: string, source: Source): Promise<Session> {
    const keys: string[] = [];
    for (const call of calls) keys.push(hopKey(keys.at(-1) ?? start, call, endpoint));

    async function perform(index: number): Promise<Session> {
      const call = calls[index];
      // `plan` makes no role without a hop.
      if (call === undefined) throw new Error('a chain without hops');
      const step = { index: index + 1, count: calls.length, callerRoleARN: calls[index - 1]?.roleARN };
      const send = (signer: Credentials): Promise<Session> => outside.assumeRole(signer, call, context, step);
      if (index === 0) {
        const base = await baseCache.get(start, source).catch((error: unknown) => {
          ofBase.add(Object(error) as object);
          throw error;
        });
        return signed(base, baseCache, start, send);
      }
      const key = keys[index - 1] ?? '';
      return signed(await sessionCache.get(key, () => perform(index - 1)), sessionCache, key, send);
    }
    return perform(calls.length - 1);
  }

  return (role) => {
    const { webIdentity } = role;
    if (webIdentity === undefined) return chain(role);
    const direct = onTarget(role.hops.at(-1), outside.webIdentityToken(webIdentity.token, context.token), context);
    return webIdentity.mode === 'only' ? direct : preferring(direct, chain(role));
  };
}

/** A call that `credentials` sign: its session knows their end and what was bridged for it, and a refusal is told to who keeps them. */
async function signed<T extends Credentials & Pick<Session, 'bridged'>>(
  { credentials, bridged = credentials.bridged }: Obtained<T>,
  refresher: CredentialCache<T>,
  key: string,
  send: (signer: T) => Promise<Session>,
): Promise<Session> {
  try {
    const session = await send(credentials);
    const { expiresAt: signerEndsAt } = credentials;
    return {
      ...session,
      ...(signerEndsAt === undefined ? {} : { signerEndsAt }),
      ...(bridged === undefined ? {} : { bridged }),
    };
  } catch (error) {
    refresher.refused(key, credentials, toCoded(error));
    throw error;
  }
}

/** The hops with the external IDs of this moment. */
function resolve(hops: readonly HopPlan[], { externalIDFolder }: ChainContext): Promise<AssumeRoleCall[]> {
  return Promise.all(
    hops.map(async ({ externalIDFrom, ...call }) =>
      externalIDFrom ? { ...call, externalID: await readExternalID(externalIDFolder, externalIDFrom) } : call,
    ),
  );
}

/** AssumeRoleWithWebIdentity on the target itself. */
function onTarget(target: HopPlan | undefined, token: () => Promise<string>, options: ChainContext): FetchSession {
  if (target === undefined) return () => Promise.reject(new CodedError('ConfigInvalid', 'A role has no hop.'));
  const { roleARN, sessionName, stsRegion, durationSeconds, policy, policyARNs } = target;
  const session = { ...(policy === undefined ? {} : { policy }), ...(policyARNs ? { policyARNs } : {}) };
  const call = { roleARN, sessionName, stsRegion, durationSeconds, ...session };
  const { assumeRoleWithWebIdentity: assume } = options.outside ?? OUTSIDE;
  return async () => assume({ ...call, token: await token() }, options);
}

/** `webIdentity: prefer`. Nothing is remembered from one fetch to the next. */
export function preferring(direct: FetchSession, chain: FetchSession): FetchSession {
  return async () => {
    try {
      return await direct();
    } catch (reason) {
      const first = toCoded(reason);
      if (!fallsBack(first.code)) throw first;
      return await chain().catch((second: unknown) => {
        throw both(first, toCoded(second));
      });
    }
  };
}

/** The chain's error leads: it says whether trying again helps. */
function both(first: CodedError, second: CodedError): CodedError {
  return withMore(second, `Before it, web identity: ${first.message} (${first.code})`);
}

function makeSource(plan: IdentityPlan, context: ChainContext): Source {
  const { agent, environmentFolder, token, hasEnded, outside = OUTSIDE } = context;
  switch (plan.type) {
    case 'pod-identity':
      return agent.fetch;
    case 'irsa':
      return irsa(plan, outside.webIdentityToken(plan.token, token), context, outside.assumeRoleWithWebIdentity);
    case 'environment':
      return environment(environmentFolder, hasEnded);
  }
}
