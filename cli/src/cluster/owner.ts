/** Which workload made a pod, by what stands in the pod. Pure. */
interface Metadata {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly {
    readonly kind?: string;
    readonly name?: string;
    readonly controller?: boolean;
  }[];
}

export interface Owner {
  /** `Pod`: nobody made it. */
  readonly kind: string;
  readonly name: string;
}

/** A Deployment's ReplicaSet is named after it, with the hash of its template (pkg/controller/deployment/sync.go). */
export function ownerOf(pod: unknown): Owner {
  const { metadata } = pod as { readonly metadata?: Metadata };
  const { name = '', labels = {}, ownerReferences = [] } = metadata ?? {};
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner?.kind === undefined || owner.name === undefined) return { kind: 'Pod', name };
  const suffix = `-${labels['pod-template-hash'] ?? ''}`;
  if (owner.kind === 'ReplicaSet' && suffix !== '-' && owner.name.endsWith(suffix)) {
    return { kind: 'Deployment', name: owner.name.slice(0, -suffix.length) };
  }
  return { kind: owner.kind, name: owner.name };
}

const ROLLED_OUT: readonly string[] = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** How a person has the pod made again. */
export function recreateHint({ kind, name }: Owner, namespace: string, pod: string): string {
  if (ROLLED_OUT.includes(kind)) return `kubectl rollout restart ${kind.toLowerCase()}/${name} -n ${namespace}`;
  if (kind === 'Pod') return `delete and create pod ${pod} again`;
  return `kubectl delete pod ${pod} -n ${namespace} (${kind} ${name} makes another)`;
}
