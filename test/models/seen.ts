/** What is compared of an admitted pod: environment and mounts of its containers, and who starts first. */
import { ENV, PATHS, SIDECAR } from '@rolechain/shared';
import { allContainers, type ModelContainer, type ModelPod } from './pod.ts';

/** Of each container, by name. */
export interface Seen {
  /** Variables, each as JSON, sorted. */
  readonly environment: Readonly<Record<string, readonly string[]>>;
  readonly mounts: Readonly<Record<string, readonly string[]>>;
}

/**
 * The pod's own containers whole, and the sidecar's environment; of the sidecar's mounts those of our volumes, since it
 * reads no other: with `Never` we can't take away what is mounted into it later. A container that another webhook
 * added is compared whole while that webhook is the only one beside ours. With more of them, what each writes into
 * another's container depends on their own order, with or without rolechain: then only what is ours in it is compared.
 */
export function seen(pod: ModelPod, submitted: ModelPod, others: number): Seen {
  const own = new Set(allContainers(submitted).map(({ name }) => name));
  const isWhole = ({ name }: ModelContainer): boolean => own.has(name) || name === SIDECAR.name || others < 2;
  // It stands in the sidecar's configuration, and is another in each row.
  const namespace = String(pod.metadata.namespace);
  const containers = allContainers(pod).map((container) => {
    const { name } = container;
    const env = (container.env ?? []).filter((variable) => isWhole(container) || isOurs(variable));
    const mounts = (container.volumeMounts ?? []).filter((mount) =>
      name === SIDECAR.name || !isWhole(container) ? mount.name.startsWith(SIDECAR.tokenVolume) : true,
    );
    return {
      name,
      env: env.map((variable) => text(variable).replaceAll(namespace, 'NAMESPACE')).sort(),
      mounts: mounts.map(withoutSuffix).map(text).sort(),
    };
  });
  const named = <T>(of: (c: (typeof containers)[number]) => T): Record<string, T> =>
    Object.fromEntries(containers.map((container) => [container.name, of(container)] as const).sort());
  return { environment: named(({ env }) => env), mounts: named(({ mounts }) => mounts) };
}

/** Of the containers that hold a role: their environments must be those of a pod that no other webhook saw. */
export function holders(pod: ModelPod): ModelContainer[] {
  return allContainers(pod).filter(({ name, env }) => name !== SIDECAR.name && env?.some(isOurs));
}

/** The environments of these containers, by name. */
export function environments(containers: readonly ModelContainer[]): Record<string, readonly string[]> {
  return Object.fromEntries(containers.map(({ name, env }) => [name, (env ?? []).map(text).sort()]));
}

/** Whether the sidecar, which goes on running, starts before every init container that holds a role. */
export function sidecarStartsFirst(pod: ModelPod): boolean {
  const inits = pod.spec.initContainers ?? [];
  const sidecar = inits.findIndex(({ name, restartPolicy }) => name === SIDECAR.name && restartPolicy === 'Always');
  const held = new Set(holders(pod).map(({ name }) => name));
  return sidecar >= 0 && inits.every(({ name }, index) => !held.has(name) || index > sidecar);
}

/** Whether a native proxy starts before the sidecar, where a CNI plugin leads connections to it. */
export function proxyStartsFirst(pod: ModelPod): boolean {
  const inits = pod.spec.initContainers ?? [];
  const isCNI = inits.some(({ name }) => name === 'istio-validation' || name === 'linkerd-network-validator');
  const proxies = inits.filter(({ name }) => name === 'istio-proxy' || name === 'linkerd-proxy');
  const sidecar = inits.findIndex(({ name }) => name === SIDECAR.name);
  return !isCNI || proxies.every((proxy) => inits.indexOf(proxy) < sidecar);
}

function isOurs({ name, value = '' }: { name: string; value?: string }): boolean {
  return (
    (name === ENV.fullURI && value.startsWith('http://127.0.0.1:')) ||
    (name === ENV.tokenFile && value.startsWith(PATHS.tokens))
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
