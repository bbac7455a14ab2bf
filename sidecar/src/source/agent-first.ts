/**
 * `credentialSource: auto`. Role ARN on the account and no sign of a Pod Identity association: IRSA.
 * No role ARN: Pod Identity, whose 404 is retried and never a reason to change. Both: the agent, and
 * IRSA only while the agent has never given credentials since the sidecar's start and 15 s have
 * passed. Never the node's role. So a pod can't flip between two identities because one of them is
 * slow: once the agent has answered, it alone counts.
 */
import { CodedError } from '@rolechain/shared';
import { withMore } from '../model/coded.ts';

/** How long the agent alone is asked: an association takes some seconds to reach it. */
export const AGENT_ALONE_MS = 15_000;

/** Whether IRSA may stand in for an agent that just failed. Pure. */
export function irsaMayStandIn(agentEverAnswered: boolean, uptimeMs: number): boolean {
  return !agentEverAnswered && uptimeMs >= AGENT_ALONE_MS;
}

/** Two ways to the same target. */
export interface AgentFirst<T> {
  /** From the identity of the agent on. */
  readonly agent: () => Promise<T>;
  readonly agentEverAnswered: () => boolean;
  /** From that of IRSA on. */
  readonly irsa: () => Promise<T>;
  /** Whether an error is that of the base identity itself, so not one that a hop met with it. */
  readonly isOfBase: (error: unknown) => boolean;
  /** Milliseconds since the sidecar's start. */
  readonly uptime: () => number;
}

/** The agent's way, and that of IRSA in its place where `irsaMayStandIn` allows it. Rejects as the ways do. */
export async function agentFirst<T>({ agent, agentEverAnswered, irsa, isOfBase, uptime }: AgentFirst<T>): Promise<T> {
  try {
    return await agent();
  } catch (error) {
    if (!isOfBase(error) || !irsaMayStandIn(agentEverAnswered(), uptime())) throw error;
    return await irsa().catch((second: unknown) => {
      throw isOfBase(second) ? both(error, second) : second;
    });
  }
}

/** The label says that there is an association, so the agent's error leads. */
function both(first: unknown, second: unknown): unknown {
  if (!(first instanceof CodedError) || !(second instanceof CodedError)) return second;
  return withMore(first, `IRSA failed too: ${second.message} (${second.code})`);
}
