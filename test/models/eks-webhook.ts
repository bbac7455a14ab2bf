/**
 * A model of the EKS pod-identity webhook, written from what its source does (aws/amazon-eks-pod-identity-webhook
 * v0.6.17, pkg/handler/handler.go): name-only checks for each container, whole arrays written back, both modes.
 * It leaves out Windows and the ConfigMap. Only for tests.
 */
import { EKS_INJECTIONS, ENV, AGENT_ENDPOINTS, FOREIGN_KEYS } from '@rolechain/shared';

export type EksMode = 'irsa' | 'pod-identity';
export interface EksOptions {
  readonly mode: EksMode;
  /** The flag --aws-default-region; none when empty. */
  readonly region: string;
  readonly regionalSTS: boolean;
}

interface Variable {
  name: string;
  value?: string;
  [field: string]: unknown;
}
interface Mount {
  name: string;
  mountPath: string;
  [field: string]: unknown;
}
export interface ModelContainer {
  name: string;
  env?: Variable[];
  volumeMounts?: Mount[];
  [field: string]: unknown;
}
export interface ModelPod {
  metadata: { annotations?: Record<string, string>; labels?: Record<string, string>; [field: string]: unknown };
  spec: {
    containers: ModelContainer[];
    initContainers?: ModelContainer[];
    volumes?: { name: string; [field: string]: unknown }[];
    [field: string]: unknown;
  };
}

export const EKS_ROLE = 'arn:aws:iam::111111111111:role/base';

/** The pod as the webhook leaves it; the input stays as it is. */
export function eksMutate(pod: ModelPod, options: EksOptions): ModelPod {
  const next = structuredClone(pod);
  const skip = (next.metadata.annotations?.[FOREIGN_KEYS.eksSkipContainers] ?? '').split('\n', 1)[0]?.split(',') ?? [];
  const injection = EKS_INJECTIONS[options.mode === 'irsa' ? 0 : 1];
  if (!injection) throw new Error('no injection of this mode');
  for (const container of [...(next.spec.initContainers ?? []), ...next.spec.containers]) {
    if (!skip.includes(container.name)) addToContainer(container, options, injection);
  }
  if (options.mode === 'pod-identity') {
    next.metadata.labels = { ...next.metadata.labels, [FOREIGN_KEYS.eksPodIdentityLabel]: 'enabled' };
  }
  const volume = { name: injection.volume, projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } };
  if (!next.spec.volumes?.some(({ name }) => name === injection.volume)) {
    next.spec.volumes = [volume, ...(next.spec.volumes ?? [])];
  }
  return next;
}

function addToContainer(
  container: ModelContainer,
  options: EksOptions,
  injection: (typeof EKS_INJECTIONS)[number],
): void {
  const env = container.env ?? [];
  const has = (...names: string[]): boolean => env.some(({ name }) => names.includes(name));
  const hasPair = has(...injection.pair);
  const hasRegion = has(ENV.region, ENV.defaultRegion);
  const hasSTS = has(ENV.stsRegionalEndpoints);
  if (hasPair && hasRegion && hasSTS) return;
  const added: Variable[] = [];
  if (!hasSTS && options.regionalSTS) added.push({ name: ENV.stsRegionalEndpoints, value: 'regional' });
  if (!hasRegion && options.region !== '') {
    added.push({ name: ENV.defaultRegion, value: options.region }, { name: ENV.region, value: options.region });
  }
  if (!hasPair) {
    const first = options.mode === 'irsa' ? EKS_ROLE : (AGENT_ENDPOINTS[0] ?? '');
    added.push({ name: injection.pair[0], value: first }, { name: injection.pair[1], value: injection.tokenPath });
  }
  if (added.length > 0) container.env = [...env, ...added];
  if (!container.volumeMounts?.some(({ name }) => name === injection.volume)) {
    const mount = { name: injection.volume, readOnly: true, mountPath: injection.mountPath };
    container.volumeMounts = [...(container.volumeMounts ?? []), mount];
  }
}
