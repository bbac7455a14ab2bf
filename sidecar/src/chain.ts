import { assumeRole, type StsOptions } from './assume.ts';
import type { HopPlan, RolePlan, SourcePlan } from './plan.ts';
import type { Credentials, Session, Source } from './session.ts';
import { agentFirst } from './source/auto.ts';
import { environment } from './source/environment.ts';
import { irsa } from './source/irsa.ts';
import type { Agent } from './source/pod-identity.ts';

/** What the roles of a sidecar share. */
export interface ChainContext extends StsOptions {
  readonly agent: Agent;
  readonly irsaTokenFile: string;
  readonly environmentFolder: string;
  /** Milliseconds since the sidecar's start. */
  readonly uptime: () => number;
}

/**
 * A function that walks a role's chain once: base identity, hop by hop, session of the last one.
 * Nothing is kept from one walk to the next: the agent has a cache of its own, and base credentials
 * that STS refused as expired are so replaced by themselves. Rejects with a CodedError.
 */
export function makeChain(role: RolePlan, context: ChainContext): () => Promise<Session> {
  const source = makeSource(role.source, context);
  return async () => walk(await source(), role.hops, context);
}

async function walk(base: Credentials, hops: readonly HopPlan[], options: StsOptions): Promise<Session> {
  let session: Session | undefined;
  for (const hop of hops) session = await assumeRole(session ?? base, hop, options);
  // `plan` makes no role without a hop.
  if (session === undefined) throw new Error('a chain without hops');
  return session;
}

function makeSource(plan: SourcePlan, context: ChainContext): Source {
  const { agent, irsaTokenFile, environmentFolder, uptime } = context;
  switch (plan.type) {
    case 'pod-identity':
      return agent.fetch;
    case 'irsa':
      return irsa(plan, irsaTokenFile, context);
    case 'agent-first': {
      const { fetch, everAnswered } = agent;
      return agentFirst({
        agent: fetch,
        agentEverAnswered: everAnswered,
        irsa: irsa(plan, irsaTokenFile, context),
        uptime,
      });
    }
    case 'environment':
      return environment({ folder: environmentFolder, stsRegion: plan.stsRegion, sts: context });
  }
}
