/** What is compared of an admitted pod: environment and mounts of its containers, and who starts first. */
import { allContainers, type Draft, type DraftContainer, type DraftPod, type VolumeMount } from '@rolechain/kit/pod.ts';
import { SIDECAR_NAME, isOurVolume } from '@rolechain/kit/unmanaged/names.ts';

/** Of each container, by name. */
export interface Seen {
  /** Variables, each as JSON, in their order: one may name those before it. */
  readonly environment: Readonly<Record<string, readonly string[]>>;
  /** Sorted: their order means nothing. */
  readonly mounts: Readonly<Record<string, readonly string[]>>;
}

/**
 * The pod's own containers whole, and the sidecar's environment; of the sidecar's mounts those of our volumes, since it
 * reads no other: with `Never` we can't take away what is mounted into it later. EKS' mount stays for Vault in a container
 * that holds a role, where EKS came first: it isn't compared in a pod that asks for Vault.
 */
export function seen(pod: DraftPod, submitted: DraftPod): Seen {
  return seenOf(pod, [...namesOf(submitted), SIDECAR_NAME], submitted);
}

/**
 * The containers that other webhooks added, whole. What several of them write into each other's depends on their own
 * order, with or without rolechain: wherever rolechain stands among them, it is the same.
 */
export function seenOfOthers(pod: DraftPod, submitted: DraftPod): Seen {
  const own = [...namesOf(submitted), SIDECAR_NAME];
  return seenOf(
    pod,
    namesOf(pod).filter((name) => !own.includes(name)),
    submitted,
  );
}

function namesOf(pod: DraftPod): string[] {
  return allContainers(pod).map(({ name }) => name);
}

function seenOf(pod: DraftPod, names: readonly string[], submitted: DraftPod): Seen {
  // It stands in the sidecar's configuration, and is another in each row.
  const namespace = String(pod.metadata.namespace);
  const containers = allContainers(pod).filter(({ name }) => names.includes(name));
  const of = (read: (container: DraftContainer) => readonly string[]): Record<string, readonly string[]> =>
    Object.fromEntries(containers.map((container) => [container.name, read(container)] as const).sort());
  const isSeen = (container: DraftContainer, mount: Draft<VolumeMount>): boolean =>
    container.name === SIDECAR_NAME
      ? isOurVolume(mount.name)
      : !(asksForVault(submitted) && isHolder(container) && isEksMount(mount));
  return {
    environment: of(({ env }) => (env ?? []).map((variable) => text(variable).replaceAll(namespace, 'NAMESPACE'))),
    mounts: of((container) =>
      (container.volumeMounts ?? [])
        .filter((mount) => isSeen(container, mount))
        .map((mount) => text(withoutSuffix(mount)))
        .sort(),
    ),
  };
}

/** Of the containers that hold a role: their environments must be those of a pod that no other webhook saw. */
export function holders(pod: DraftPod): DraftContainer[] {
  return allContainers(pod).filter(isHolder);
}

function isHolder({ name, env }: DraftContainer): boolean {
  return name !== SIDECAR_NAME && (env ?? []).some(isOurs);
}

export function asksForVault({ metadata }: DraftPod): boolean {
  return metadata.annotations?.['vault.hashicorp.com/agent-inject'] === 'true';
}

/** One of those that the EKS webhook writes, in either mode. */
export function isEksMount({ name, mountPath }: Draft<VolumeMount>): boolean {
  return (
    (name === 'aws-iam-token' && mountPath === '/var/run/secrets/eks.amazonaws.com/serviceaccount') ||
    (name === 'eks-pod-identity-token' && mountPath === '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount')
  );
}

/** The environments of these containers, by name. */
export function environments(containers: readonly DraftContainer[]): Record<string, readonly string[]> {
  return Object.fromEntries(containers.map(({ name, env }) => [name, (env ?? []).map(text)]));
}

/** Whether the sidecar, which goes on running, starts before every init container that holds a role. */
export function sidecarStartsFirst(pod: DraftPod): boolean {
  const inits = pod.spec.initContainers ?? [];
  const sidecar = inits.findIndex(({ name, restartPolicy }) => name === SIDECAR_NAME && restartPolicy === 'Always');
  const held = new Set(holders(pod).map(({ name }) => name));
  return sidecar >= 0 && inits.every(({ name }, index) => !held.has(name) || index > sidecar);
}

/** Whether a native proxy starts before the sidecar, where a CNI plugin leads connections to it. */
export function proxyStartsFirst(pod: DraftPod): boolean {
  const inits = pod.spec.initContainers ?? [];
  const isCNI = inits.some(({ name }) => name === 'istio-validation' || name === 'linkerd-network-validator');
  const proxies = inits.filter(({ name }) => name === 'istio-proxy' || name === 'linkerd-proxy');
  const sidecar = inits.findIndex(({ name }) => name === SIDECAR_NAME);
  return !isCNI || proxies.every((proxy) => inits.indexOf(proxy) < sidecar);
}

function isOurs({ name, value = '' }: { name: string; value?: string }): boolean {
  return (
    (name === 'AWS_CONTAINER_CREDENTIALS_FULL_URI' && value.startsWith('http://127.0.0.1:')) ||
    (name === 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE' && value.startsWith('/var/run/secrets/rolechain.io/'))
  );
}

/** The ServiceAccount plugin gives its volume a random name. */
function withoutSuffix<T extends { name: string }>(mount: T): T {
  return { ...mount, name: mount.name.replace(/^(kube-api-access)-.*$/, '$1') };
}

/** JSON with sorted keys, without what is undefined. */
function text(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
