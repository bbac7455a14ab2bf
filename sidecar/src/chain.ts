/** How a role's session is had: base identity, hop by hop; or by web identity on the target itself. */
import { CodedError } from '@rolechain/shared';
import { assumeRole, assumeRoleWithWebIdentity, type StsOptions } from './assume.ts';
import { toCoded, withMore } from './defect.ts';
import { baseKey, hopKey } from './hop-key.ts';
import { makeBases, makeIntermediates, type Kept, type OnBridged } from './intermediate.ts';
import type { AssumeRoleCall, HopPlan, RolePlan, SourcePlan, WebIdentityPlan } from './plan.ts';
import { earliestEnd, type Credentials, type Session, type Source } from './session.ts';
import { agentFirst } from './source/auto.ts';
import { environment } from './source/environment.ts';
import { readExternalID } from './source/external-id.ts';
import { irsa } from './source/irsa.ts';
import type { Agent } from './source/pod-identity.ts';
import { webIdentityToken, type TokenOptions } from './source/web-identity-token.ts';
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
  readonly environmentFolder: string;
  readonly externalIDFolder: string;
  /** Milliseconds since the sidecar's start. */
  readonly uptime: () => number;
  /** Sees each failure of a base identity or a hop that kept credentials have stood in for. */
  readonly onBridged?: OnBridged;
  readonly outside?: Outside;
}

/** Fetches the session of a role's target once. Rejects with a CodedError. */
export type FetchSession = () => Promise<Session>;

/**
 * A function that makes each role's fetch. Roles that go through the same hop share its session, and
 * a base identity that several want at once is asked for once. The base identity is asked for at each
 * walk; what it gave last is kept for the time that it fails in passing, and dropped when STS calls it expired.
 */
export function makeChains(context: ChainContext): (role: RolePlan) => FetchSession {
  const intermediates = makeIntermediates(context.now, context.onBridged);
  const bases = makeBases(context.now, context.onBridged);
  const { endpoint, agent, outside = OUTSIDE } = context;

  function chain({ source: plan, hops }: RolePlan): FetchSession {
    // The schema of the configuration asks for a source unless web identity is the only way.
    if (plan === undefined) return () => Promise.reject(new CodedError('ConfigInvalid', 'A chain has no source.'));
    const source = makeSource(plan, context);
    return async () => {
      const start = baseKey(plan, agent.everAnswered(), endpoint);
      return walk(await resolve(hops, context), start, source);
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
      const step = { index: index + 1, count: calls.length };
      if (index === 0) {
        const base = await bases.get(start, source);
        return signed(base, bases, start, () => outside.assumeRole(base, call, context, step));
      }
      const key = keys[index - 1] ?? '';
      const before = await intermediates.get(key, () => perform(index - 1));
      return signed(before, intermediates, key, () => outside.assumeRole(before, call, context, step));
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

/** A call that `before` signs: its session knows the earliest end below it, and a refusal is told to who keeps `before`. */
async function signed<T extends Credentials>(
  before: T,
  keeper: Kept<T>,
  key: string,
  call: () => Promise<Session>,
): Promise<Session> {
  try {
    const session = await call();
    const sourcesEndAt = earliestEnd(before);
    return sourcesEndAt === undefined ? session : { ...session, sourcesEndAt };
  } catch (error) {
    keeper.refused(key, before, toCoded(error));
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

function makeSource(plan: SourcePlan, context: ChainContext): Source {
  const { agent, environmentFolder, uptime, outside = OUTSIDE } = context;
  const byWebIdentity = (web: WebIdentityPlan): Source =>
    irsa(web, outside.webIdentityToken(web.token, context.token), context, outside.assumeRoleWithWebIdentity);
  switch (plan.type) {
    case 'pod-identity':
      return agent.fetch;
    case 'irsa':
      return byWebIdentity(plan);
    case 'agent-first': {
      const { fetch, everAnswered } = agent;
      return agentFirst({ agent: fetch, agentEverAnswered: everAnswered, irsa: byWebIdentity(plan), uptime });
    }
    case 'environment':
      return environment({ folder: environmentFolder, stsRegion: plan.stsRegion, sts: context });
  }
}
