/** What a pod's sidecar says of itself, as a report has it. */
import type { PortsStatus } from '@rolechain/shared';
import { readLiveState, type LiveState } from '../cluster/live-state.ts';
import type { Cluster } from '../cluster/client.ts';
import type { Explanation } from '../report-schemas/explain.ts';

type Live = NonNullable<Explanation['live']>;

export async function explainLive(cluster: Cluster, pod: unknown): Promise<Live> {
  return liveOf(await readLiveState(cluster, pod));
}

function portsOf({ credentials, health, hint }: PortsStatus): NonNullable<Live['ports']> {
  const { port, error } = credentials;
  return {
    ...{ credentials: port, health: health.port, hint },
    ...(error ? { error: { code: error.code, text: error.message, fix: error.fix } } : {}),
  };
}

export function liveOf(state: LiveState): Live {
  const { kind } = state;
  if (kind === 'not-injected') return { kind };
  if (kind === 'not-running') return { kind, text: state.text };
  if (kind === 'live') {
    const roles = Object.entries(state.status.roles).map(([name, { state: health, source, secondsLeft, error }]) => ({
      name,
      state: health,
      source,
      ...(secondsLeft === undefined ? {} : { secondsLeft }),
      ...(error ? { error: { code: error.code, text: error.message, fix: error.fix } } : {}),
    }));
    const { ports } = state.status;
    return { kind, way: state.way, roles, ...(ports ? { ports: portsOf(ports) } : {}) };
  }
  const obstacles = state.obstacles.map(({ way, text, fix, rights }) => ({ way, text, fix, rights: [...rights] }));
  return kind === 'verdict' ? { kind, text: state.text, obstacles } : { kind, obstacles };
}
