/**
 * A model of the EKS pod-identity webhook, written from what its source does (aws/amazon-eks-pod-identity-webhook
 * v0.6.17, pkg/handler/handler.go; deploy/mutatingwebhook.yaml): name-only checks for each container, whole arrays
 * written back, both modes, its annotations and its label. It leaves out Windows, the ConfigMap and the random part of
 * a token's lifetime. Only for tests.
 */
import type { Operation } from 'fast-json-patch';
import { AGENT_ENDPOINTS, AUDIENCE, EKS_INJECTIONS, ENV, FOREIGN_KEYS, type EksInjection } from '@rolechain/shared';
import { readGoCSV } from './go-csv.ts';
import { allContainers, type ModelContainer, type ModelPod, type ModelVolume, type Variable } from './pod.ts';

export type EksMode = 'irsa' | 'pod-identity';
export interface EksOptions {
  readonly mode: EksMode;
  /** The flag --aws-default-region; none when empty. */
  readonly region: string;
  /** The flag --sts-regional-endpoint, or the account's annotation. */
  readonly regionalSTS: boolean;
}

export type { ModelContainer, ModelPod } from './pod.ts';

export const EKS_ROLE = 'arn:aws:iam::111111111111:role/base';

const SKIP_LABEL = 'eks.amazonaws.com/skip-pod-identity-webhook';
const EXPIRATION = 'eks.amazonaws.com/token-expiration';
const DEFAULT_SECONDS = 86_400;
const MIN_SECONDS = 600;

/** The pod as the webhook leaves it; the input stays as it is. */
export function eksMutate(pod: ModelPod, options: EksOptions): ModelPod {
  // The apiserver sees to this by the configuration's objectSelector.
  if (pod.metadata.labels && SKIP_LABEL in pod.metadata.labels) return pod;
  const next = structuredClone(pod);
  const skip = skippedContainers(next);
  const injection = injectionOf(options);
  for (const container of allContainers(next)) {
    if (!skip.includes(container.name)) addToContainer(container, options, injection);
  }
  if (options.mode === 'pod-identity') {
    next.metadata.labels = { ...next.metadata.labels, [FOREIGN_KEYS.eksPodIdentityLabel]: 'enabled' };
  }
  if (!next.spec.volumes?.some(({ name }) => name === injection.volume)) {
    next.spec.volumes = [volume(next, options, injection), ...(next.spec.volumes ?? [])];
  }
  return next;
}

/** The same as it goes over the wire: a volume in front, and both lists of containers whole, changed or not. */
export function eksPatch(pod: ModelPod, options: EksOptions): Operation[] {
  const { metadata, spec } = eksMutate(pod, options);
  const patch: Operation[] = [{ op: 'add', path: '/spec/containers', value: spec.containers }];
  if (spec.initContainers) patch.push({ op: 'add', path: '/spec/initContainers', value: spec.initContainers });
  if (metadata.labels) patch.push({ op: 'add', path: '/metadata/labels', value: metadata.labels });
  const [first] = spec.volumes ?? [];
  if (spec.volumes?.length === pod.spec.volumes?.length) return patch;
  const added: Operation = pod.spec.volumes?.length
    ? { op: 'add', path: '/spec/volumes/0', value: first }
    : { op: 'add', path: '/spec/volumes', value: [first] };
  return [added, ...patch];
}

/** The annotation is read as one CSV record, and no name is trimmed; where it is none, nothing is skipped. */
function skippedContainers({ metadata }: ModelPod): string[] {
  return readGoCSV(metadata.annotations?.[FOREIGN_KEYS.eksSkipContainers] ?? '') ?? [];
}

function injectionOf({ mode }: EksOptions): EksInjection {
  const injection = EKS_INJECTIONS[mode === 'irsa' ? 0 : 1];
  if (!injection) throw new Error('no injection of this mode');
  return injection;
}

function volume(
  { metadata }: ModelPod,
  { mode }: EksOptions,
  { volume: name, tokenPath, mountPath }: EksInjection,
): ModelVolume {
  const audience = mode === 'irsa' ? AUDIENCE.irsa : AUDIENCE.podIdentity;
  const asked = Number(metadata.annotations?.[EXPIRATION] ?? DEFAULT_SECONDS);
  const expirationSeconds = Math.max(asked, MIN_SECONDS);
  const path = tokenPath.slice(mountPath.length + 1);
  const source = { serviceAccountToken: { audience, expirationSeconds, path } };
  return { name, projected: { sources: [source] } };
}

function addToContainer(container: ModelContainer, options: EksOptions, injection: EksInjection): void {
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
