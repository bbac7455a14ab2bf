/** From a user's manifests to what the demo plays: one pod, and what it needs in the cluster. Pure. */
import { ANNOTATIONS, parseAssumeRole, type RoleSpec } from '@rolechain/shared';
import { WORKLOADS, parseManifests, podOf, type KubeObject } from '@rolechain/kit/manifests.ts';

export interface Scene {
  /** As `Deployment shop/orders`. */
  readonly workload: string;
  readonly pod: KubeObject;
  /** What has to be in the cluster before it: its Namespace, its ServiceAccount, the classes that it names. */
  readonly objects: readonly KubeObject[];
  /** Decoded Secrets with the external IDs of its account's roles. */
  readonly secrets: Secrets;
  /** What the file lacks and the demo adds, each a line, with what to do in a cluster. */
  readonly notes: readonly string[];
}

export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Where an account names no role. */
export const DEMO_ROLE = 'arn:aws:iam::222222222222:role/demo';
const DEMO_EXTERNAL_ID = 'demo-external-id';
const KEY = ANNOTATIONS.assumeRole.key;

interface Workload {
  readonly object: KubeObject;
  readonly pod: KubeObject;
}

/**
 * The first workload whose account asks for a role; with `name` (`orders` or `Deployment/orders`) the one of that name.
 * Where no account asks for one, the first, with a role of the demo's own. Throws an Error whose message says what the
 * file lacks.
 */
export function readScene(manifests: string, file: string, name?: string): Scene {
  const objects = parseManifests(manifests).map(asNew);
  const { object, pod } = choose(objects, file, name);
  const account = accountOf(objects, pod);
  const { metadata } = pod;
  const namespace = namespaceOf(pod);
  const classes = classesFor(objects, pod, file);
  const secrets = externalIDs(objects, account.object, file);
  const limits = objects.filter((one) => one.kind === 'LimitRange' && namespaceOf(one) === namespace);
  return {
    workload: `${object.kind} ${namespace}/${object.metadata.name ?? text(metadata.generateName)}`,
    pod,
    objects: [
      namespaceFor(objects, namespace),
      account.object,
      ...classes.objects,
      ...limits.map((one) => placed(one, namespace)),
    ],
    secrets: secrets.data,
    notes: [...account.notes.map((note) => `${file} ${note}`), ...classes.notes, ...secrets.notes],
  };
}

/** Fields that the apiserver sets, as in the output of `kubectl get -o yaml`: it refuses some of them in what is new. */
const SERVER_SET = [
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'managedFields',
  'selfLink',
];

function asNew({ status: _status, metadata, ...rest }: KubeObject): KubeObject {
  const kept = Object.entries(metadata).filter(([field]) => !SERVER_SET.includes(field));
  return { ...rest, metadata: Object.fromEntries(kept) };
}

function choose(objects: readonly KubeObject[], file: string, name: string | undefined): Workload {
  const all = objects.flatMap((object): Workload[] => {
    const pod = podOf(object, namespaceOf(object));
    return pod ? [{ object, pod }] : [];
  });
  const takes = `The demo takes a ${WORKLOADS.slice(0, -1).join(', ')} or ${WORKLOADS.at(-1) ?? ''}.`;
  const [first] = all;
  if (!first) {
    const kinds = [...new Set(objects.map(({ kind }) => kind))].join(', ');
    throw new Error(`${file} has no workload${kinds === '' ? '' : `, only ${kinds}`}. ${takes}`);
  }
  if (name === undefined) return all.find(({ pod }) => asksForRole(objects, pod)) ?? first;
  const named = all.find(({ object: { kind, metadata } }) =>
    [metadata.name, `${kind}/${metadata.name ?? ''}`].includes(name),
  );
  if (named) return named;
  const names = all.map(({ object: { kind, metadata } }) => `${kind}/${metadata.name ?? ''}`).join(', ');
  throw new Error(`${file} has no workload ${name}. It has ${names}.`);
}

function asksForRole(objects: readonly KubeObject[], pod: KubeObject): boolean {
  if (annotationsOf(pod)[ANNOTATIONS.inject.key] === 'false') return false;
  const found = findAccount(objects, pod);
  return found !== undefined && KEY in annotationsOf(found);
}

function findAccount(objects: readonly KubeObject[], pod: KubeObject): KubeObject | undefined {
  return objects.find(
    (one) =>
      one.kind === 'ServiceAccount' &&
      namespaceOf(one) === namespaceOf(pod) &&
      one.metadata.name === serviceAccountName(pod),
  );
}

/** As the apiserver fills it in; `serviceAccount` is its name of old. */
export function serviceAccountName(pod: KubeObject): string {
  const { serviceAccountName: name, serviceAccount } = specOf(pod);
  return [name, serviceAccount].find((one): one is string => typeof one === 'string' && one !== '') ?? 'default';
}

interface Account {
  readonly object: KubeObject;
  readonly notes: readonly string[];
}

/** Every account that is missing is made: what a cluster has beside the file isn't known here. */
function accountOf(objects: readonly KubeObject[], pod: KubeObject): Account {
  const namespace = namespaceOf(pod);
  const name = serviceAccountName(pod);
  const found = findAccount(objects, pod);
  if (found && KEY in annotationsOf(found)) return { object: placed(found, namespace), notes: [] };
  const lack = found
    ? `has no annotation ${KEY} on ServiceAccount ${namespace}/${name}`
    : `has no ServiceAccount ${namespace}/${name}, as which the pod runs`;
  const command = `kubectl -n ${namespace} annotate serviceaccount ${name} ${KEY}=ARN`;
  const { metadata, ...rest } = found ?? { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
  const annotations = { ...(metadata.annotations as object | undefined), [KEY]: DEMO_ROLE };
  return {
    object: { ...rest, metadata: { ...metadata, namespace, annotations } },
    notes: [`${lack}: here it asks for ${DEMO_ROLE}. In your cluster: ${command}`],
  };
}

/** Also one that every cluster has: the double of the API has none. */
function namespaceFor(objects: readonly KubeObject[], name: string): KubeObject {
  const found = objects.find(({ kind, metadata }) => kind === 'Namespace' && metadata.name === name);
  return found ?? { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

interface Added {
  readonly objects: readonly KubeObject[];
  readonly notes: readonly string[];
}

/** Classes that an admission plugin looks up: no pod is admitted without them, and few files bring them. */
function classesFor(objects: readonly KubeObject[], pod: KubeObject, file: string): Added {
  const { priorityClassName, priority = 0, runtimeClassName } = specOf(pod);
  const wanted = [
    {
      kind: 'PriorityClass',
      name: priorityClassName,
      stub: { apiVersion: 'scheduling.k8s.io/v1', value: priority },
    },
    { kind: 'RuntimeClass', name: runtimeClassName, stub: { apiVersion: 'node.k8s.io/v1', handler: 'demo' } },
  ];
  // Every cluster has those of the name system-….
  const needed = wanted.filter(({ name }) => typeof name === 'string' && name !== '' && !name.startsWith('system-'));
  const made = needed.map(({ kind, name, stub }) => {
    const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
    if (found) return { object: found, notes: [] };
    const object = { ...stub, kind, metadata: { name: name as string } };
    return {
      object,
      notes: [`${file} has no ${kind} ${name as string}, which the pod names: here it is one that asks for nothing.`],
    };
  });
  return { objects: made.map(({ object }) => object), notes: made.flatMap(({ notes }) => notes) };
}

/** The Secrets of `externalIDFrom`: those of the file, else made up, here and at the double of STS. */
function externalIDs(
  objects: readonly KubeObject[],
  account: KubeObject,
  file: string,
): { readonly data: Secrets; readonly notes: readonly string[] } {
  const parsed = parseAssumeRole(text(annotationsOf(account)[KEY]));
  const data: Record<string, Record<string, string>> = {};
  const notes: string[] = [];
  for (const { externalIDFrom } of (parsed.ok ? parsed.value : []).flatMap(hops)) {
    if (!externalIDFrom) continue;
    const { name, key } = externalIDFrom.secretKeyRef;
    const value = secretValue(objects, namespaceOf(account), name, key);
    (data[name] ??= {})[key] = value ?? DEMO_EXTERNAL_ID;
    if (value === undefined)
      notes.push(`${file} has no key ${key} of Secret ${name}: here its external ID is one of the demo's own.`);
  }
  return { data, notes };
}

const hops = (role: RoleSpec): RoleSpec['via'] => [...role.via, role];

function secretValue(objects: readonly KubeObject[], namespace: string, name: string, key: string): string | undefined {
  const found = objects.find(
    (one) => one.kind === 'Secret' && one.metadata.name === name && namespaceOf(one) === namespace,
  );
  const { stringData, data } = (found ?? {}) as { stringData?: Record<string, string>; data?: Record<string, string> };
  const encoded = data?.[key];
  return stringData?.[key] ?? (encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString());
}

/** In the namespace of kubectl's own default, where the file names none. */
export function namespaceOf({ metadata }: KubeObject): string {
  return metadata.namespace ?? 'default';
}

function placed(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

function annotationsOf({ metadata }: KubeObject): Readonly<Record<string, unknown>> {
  return (metadata.annotations ?? {}) as Record<string, unknown>;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function specOf({ spec }: KubeObject): Readonly<Record<string, unknown>> {
  return (spec ?? {}) as Record<string, unknown>;
}
