/** Manifests as a user applies them: objects of a YAML stream, and the pods that its workloads would make. */
import { parseAllDocuments, type ScalarTag, type Tags } from 'yaml';

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

interface Template {
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly spec?: Readonly<Record<string, unknown>> | null;
}

/**
 * The objects of a YAML or JSON stream, Lists taken apart, read as kubectl reads it (sigs.k8s.io/yaml, which is YAML 1.1
 * without its dates and sexagesimal numbers, with the octal numbers of 1.2): `0644` and `0o644` are modes, `yes` is true,
 * and of a key that is there twice the last one counts. Throws an Error that names the place of a syntax error.
 */
export function parseManifests(text: string): KubeObject[] {
  const options = { version: '1.1', uniqueKeys: false, customTags: tagsOfKubectl } as const;
  return parseAllDocuments(text, options).flatMap((document) => {
    const error = document.errors[0];
    if (error) throw new Error(error.message);
    return flatten(document.toJS());
  });
}

const OCTAL: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0o[0-7]+$/,
  resolve: (text) => Number.parseInt(text.replace('0o', ''), 8),
};

function tagsOfKubectl(tags: Tags): Tags {
  const isTime = (tag: Tags[number]): boolean =>
    typeof tag !== 'string' && (tag.format === 'TIME' || tag.tag.endsWith(':timestamp'));
  return [OCTAL, ...tags.filter((tag) => !isTime(tag))];
}

/** A List of any objects, or of one kind, whose items need not say it again. */
function flatten(value: unknown): KubeObject[] {
  if (value === null || value === undefined) return [];
  const { kind, apiVersion, items, metadata, ...rest } = value as Partial<KubeObject> & { items?: unknown };
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') {
    throw new Error('a document has no apiVersion and kind');
  }
  if (kind.endsWith('List') && Array.isArray(items)) {
    const own = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
    return items.flatMap((item: unknown) => flatten(typeof item === 'object' && item ? { ...own, ...item } : item));
  }
  const all = items === undefined ? rest : { ...rest, items };
  return [{ apiVersion, kind, metadata: metadata ?? {}, ...all }];
}

/** Where each kind of workload keeps its pod template. */
const TEMPLATES = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  PodTemplate: ['template'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Kinds that make pods. */
export const WORKLOADS: readonly string[] = ['Pod', ...Object.keys(TEMPLATES)];

/** The template as it is written; undefined where the object has none. */
export function templateOf(object: KubeObject): Template | undefined {
  if (!Object.hasOwn(TEMPLATES, object.kind)) return undefined;
  const path: readonly string[] = TEMPLATES[object.kind as keyof typeof TEMPLATES];
  const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], object);
  return typeof found === 'object' && found !== null ? found : undefined;
}

/**
 * The pod that a workload's controller would create, as far as an apiserver and its webhooks see a difference; the object
 * itself when it is a Pod; else undefined. Of a template's metadata a controller takes only these three
 * (k8s.io/kubernetes pkg/controller/controller_utils.go, GetPodFromTemplate).
 */
export function podOf(object: KubeObject, namespace: string): KubeObject | undefined {
  if (object.kind === 'Pod') return { ...object, metadata: { ...object.metadata, namespace } };
  const template = templateOf(object);
  if (!template) return undefined;
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const kept = Object.entries({ labels, annotations, finalizers }).filter(([, value]) => value !== undefined);
  const metadata = { ...Object.fromEntries(kept), generateName: `${object.metadata.name ?? 'workload'}-`, namespace };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec ?? {} };
  return object.kind === 'StatefulSet' ? firstReplica(object, pod) : pod;
}

interface StatefulSetSpec {
  readonly serviceName?: string;
  readonly ordinals?: { readonly start?: number } | null;
  readonly volumeClaimTemplates?: readonly { readonly metadata?: { readonly name?: string } }[] | null;
}

/**
 * With the identity and the claims that the controller gives it: pkg/controller/statefulset/stateful_set_utils.go,
 * updateIdentity and updateStorage. A claim hides a volume of its name.
 */
function firstReplica(set: KubeObject, { metadata, ...pod }: KubeObject & { readonly spec: object }): KubeObject {
  const { serviceName, ordinals, volumeClaimTemplates } = (set.spec ?? {}) as StatefulSetSpec;
  const index = String(ordinals?.start ?? 0);
  const owner = set.metadata.name ?? 'workload';
  const name = `${owner}-${index}`;
  const { generateName: _generateName, labels, ...rest } = metadata;
  const identity = { 'statefulset.kubernetes.io/pod-name': name, 'apps.kubernetes.io/pod-index': index };
  const claims = (volumeClaimTemplates ?? []).map((template) => {
    const claim = template.metadata?.name ?? '';
    return { name: claim, persistentVolumeClaim: { claimName: `${claim}-${name}` } };
  });
  const { volumes = [] } = pod.spec as { volumes?: readonly { readonly name: string }[] };
  const others = volumes.filter((volume) => !claims.some((claim) => claim.name === volume.name));
  return {
    ...pod,
    metadata: { ...rest, name, labels: { ...(labels as object | undefined), ...identity } },
    spec: {
      ...pod.spec,
      hostname: name,
      ...(serviceName === undefined ? {} : { subdomain: serviceName }),
      ...(claims.length === 0 ? {} : { volumes: [...claims, ...others] }),
    },
  };
}
