/**
 * `credentialSource: auto`. Role ARN on the account and no sign of a Pod Identity association: IRSA.
 * No role ARN: Pod Identity, whose 404 is retried and never a reason to change. Both: the agent, and
 * IRSA only while the agent has never given credentials since the sidecar's start and 15 s have
 * passed. Never the node's role. So a pod can't flip between two identities because one of them is
 * slow: once the agent has answered, it alone counts.
 */
import { CodedError, type SourceConfig } from '@rolechain/shared';
import { withMore } from '../defect.ts';
import type { HopPlan, SourcePlan } from '../plan.ts';
import type { Source } from '../session.ts';

/** How long the agent alone is asked: an association takes some seconds to reach it. */
export const AGENT_ALONE_MS = 15_000;

/** What decides, beside the configuration: the label that the EKS webhook writes. */
export interface SourceContext {
  readonly labelled: boolean;
  /** Its session name and Region are used where the source has none of its own. */
  readonly firstHop: Pick<HopPlan, 'sessionName' | 'stsRegion'>;
}

/** The plan of a configured source. Pure. */
export function chooseSource(source: SourceConfig, { labelled, firstHop }: SourceContext): SourcePlan {
  const { sessionName } = firstHop;
  switch (source.type) {
    case 'pod-identity':
      return { type: 'pod-identity' };
    case 'environment':
      return { type: 'environment', stsRegion: firstHop.stsRegion };
    case 'irsa':
      return { ...source, sessionName };
    case 'auto': {
      const { roleARN, stsRegion } = source;
      if (roleARN === undefined) return { type: 'pod-identity' };
      // Another account's token is never `auto`: the webhook writes irsa then.
      const token = { type: 'projected' } as const;
      return { type: labelled ? 'agent-first' : 'irsa', roleARN, stsRegion, sessionName, token };
    }
  }
}

/** Whether IRSA may stand in for an agent that just failed. Pure. */
export function irsaMayStandIn(agentEverAnswered: boolean, uptimeMs: number): boolean {
  return !agentEverAnswered && uptimeMs >= AGENT_ALONE_MS;
}

/** What `agentFirst` asks. */
export interface AgentFirst {
  readonly agent: Source;
  readonly agentEverAnswered: () => boolean;
  readonly irsa: Source;
  /** Milliseconds since the sidecar's start. */
  readonly uptime: () => number;
}

/** A source that asks the agent, and IRSA in its place where `irsaMayStandIn` allows it. */
export function agentFirst({ agent, agentEverAnswered, irsa, uptime }: AgentFirst): Source {
  return async () => {
    try {
      return await agent();
    } catch (error) {
      if (!irsaMayStandIn(agentEverAnswered(), uptime())) throw error;
      return await irsa().catch((second: unknown) => {
        throw both(error, second);
      });
    }
  };
}

/** The label says that there is an association, so the agent's error leads. */
function both(first: unknown, second: unknown): unknown {
  if (!(first instanceof CodedError) || !(second instanceof CodedError)) return second;
  return withMore(first, `IRSA failed too: ${second.message} (${second.code})`);
}
