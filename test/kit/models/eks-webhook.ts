/**
 * A model of the EKS pod-identity webhook, written from what its source does (aws/amazon-eks-pod-identity-webhook
 * v0.6.17, pkg/handler/handler.go; main.go; deploy/mutatingwebhook.yaml): name-only checks for each container, whole
 * arrays written back, both modes, its flags, annotations and label. It leaves out the ConfigMap and the random part of a
 * token's lifetime. Its names stand here as that project writes them, not as ours does; eks-webhook.test.ts holds it
 * against the fixtures of that project. Only for tests.
 */
import type { Operation } from 'fast-json-patch';
import { readGoCSV } from './go-csv.ts';
import { allContainers, type Draft, type DraftContainer, type DraftPod, type EnvVar, type Volume } from '../pod.ts';

export type EksMode = 'irsa' | 'pod-identity';

/** What its flags, or the account's annotations, say of one mode. */
export interface EksFlags {
  readonly annotationPrefix: string;
  readonly audience: string;
  readonly mountPath: string;
  readonly volume: string;
  readonly tokenPath: string;
  /** The value of the pair's first variable: a role's ARN, or the agent's URL. */
  readonly first: string;
  readonly expirationSeconds: number;
}

export interface EksOptions {
  readonly mode: EksMode;
  /** The flag --aws-default-region; none when empty. */
  readonly region: string;
  /** The flag --sts-regional-endpoint, or the account's annotation. */
  readonly regionalSTS: boolean;
  /** Other values than the defaults. */
  readonly flags?: Partial<EksFlags>;
}

export const EKS_ROLE = 'arn:aws:iam::111111111111:role/base';

const DEFAULTS: Readonly<Record<EksMode, EksFlags & { readonly pair: readonly [string, string] }>> = {
  irsa: {
    annotationPrefix: 'eks.amazonaws.com',
    audience: 'sts.amazonaws.com',
    mountPath: '/var/run/secrets/eks.amazonaws.com/serviceaccount',
    volume: 'aws-iam-token',
    tokenPath: 'token',
    first: EKS_ROLE,
    expirationSeconds: 86_400,
    pair: ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  },
  'pod-identity': {
    annotationPrefix: 'eks.amazonaws.com',
    audience: 'pods.eks.amazonaws.com',
    mountPath: '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount',
    volume: 'eks-pod-identity-token',
    tokenPath: 'eks-pod-identity-token',
    first: 'http://169.254.170.23/v1/credentials',
    expirationSeconds: 86_400,
    pair: ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
  },
};
type Injection = (typeof DEFAULTS)[EksMode];

const MIN_SECONDS = 600;

/** The pod as the webhook leaves it; the input stays as it is. */
export function eksMutate(pod: DraftPod, options: EksOptions): DraftPod {
  // The apiserver sees to this by the configuration's objectSelector.
  if (pod.metadata.labels && 'eks.amazonaws.com/skip-pod-identity-webhook' in pod.metadata.labels) return pod;
  const next = structuredClone(pod);
  const injection = { ...DEFAULTS[options.mode], ...options.flags };
  const skip = skippedContainers(next, injection);
  for (const container of allContainers(next)) {
    if (!skip.includes(container.name))
      addToContainer(container, options, { ...injection, file: tokenFile(pod, injection) });
  }
  if (options.mode === 'pod-identity') {
    next.metadata.labels = { ...next.metadata.labels, 'eks.amazonaws.com/pod-identity': 'enabled' };
  }
  if (!next.spec.volumes?.some(({ name }) => name === injection.volume)) {
    next.spec.volumes = [volume(next, injection), ...(next.spec.volumes ?? [])];
  }
  return next;
}

/** The same as it goes over the wire: a volume in front, and both lists of containers whole, changed or not. */
export function eksPatch(pod: DraftPod, options: EksOptions): Operation[] {
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
function skippedContainers({ metadata }: DraftPod, { annotationPrefix }: Injection): string[] {
  return readGoCSV(metadata.annotations?.[`${annotationPrefix}/skip-containers`] ?? '') ?? [];
}

function tokenFile({ spec }: DraftPod, { mountPath, tokenPath }: Injection): string {
  const path = `${mountPath}/${tokenPath}`;
  const selector = (spec.nodeSelector ?? {}) as Record<string, string>;
  const isWindows = [selector['kubernetes.io/os'], selector['beta.kubernetes.io/os']].includes('windows');
  return isWindows ? `C:${path.replaceAll('/', '\\')}` : path;
}

function volume({ metadata }: DraftPod, injection: Injection): Draft<Volume> {
  const { annotationPrefix, audience, expirationSeconds, tokenPath, volume: name } = injection;
  const asked = metadata.annotations?.[`${annotationPrefix}/token-expiration`];
  const seconds = asked === undefined ? expirationSeconds : Math.max(Number(asked), MIN_SECONDS);
  const source = { serviceAccountToken: { audience, expirationSeconds: seconds, path: tokenPath } };
  return { name, projected: { sources: [source] } };
}

function addToContainer(
  container: DraftContainer,
  options: EksOptions,
  { pair, first, file, volume: name, mountPath }: Injection & { readonly file: string },
): void {
  const env = container.env ?? [];
  const has = (...names: string[]): boolean => env.some((variable) => names.includes(variable.name));
  const hasPair = has(...pair);
  const hasRegion = has('AWS_REGION', 'AWS_DEFAULT_REGION');
  const hasSTS = has('AWS_STS_REGIONAL_ENDPOINTS');
  if (hasPair && hasRegion && hasSTS) return;
  const added: Draft<EnvVar>[] = [];
  if (!hasSTS && options.regionalSTS) added.push({ name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' });
  if (!hasRegion && options.region !== '') {
    const value = options.region;
    added.push({ name: 'AWS_DEFAULT_REGION', value }, { name: 'AWS_REGION', value });
  }
  if (!hasPair) added.push({ name: pair[0], value: first }, { name: pair[1], value: file });
  if (added.length > 0) container.env = [...env, ...added];
  if (!container.volumeMounts?.some((mount) => mount.name === name)) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
  }
}
