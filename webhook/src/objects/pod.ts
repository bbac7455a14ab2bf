/**
 * Read-only views of what is read of a Pod. A Pod stays raw JSON throughout, so that fields this
 * program has never heard of survive; these types only name what it looks at.
 */
import * as v from 'valibot';
import { check, isMap, type Result } from '@rolechain/shared';

const text = v.string('text');
const flag = v.nullish(v.boolean('true or false'));
const list = <T extends v.GenericSchema>(item: T) => v.nullish(v.array(item, 'a list'));
// valibot takes a list for an object, too.
const noList = (what: string) =>
  v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), what),
  );
const object = <T extends v.ObjectEntries>(entries: T) =>
  v.pipe(noList('an object'), v.looseObject(entries, 'an object'));
const mapOf = <T extends v.GenericSchema>(item: T, what: string) =>
  v.nullish(v.pipe(noList(what), v.record(v.string(), item, what)));
const map = mapOf(text, 'a map of texts');

const ENV_VAR = object({ name: text, value: v.nullish(text), valueFrom: v.nullish(v.unknown()) });
const MOUNT = object({
  name: text,
  mountPath: text,
  readOnly: flag,
  subPath: v.nullish(text),
  subPathExpr: v.nullish(text),
});
const QUANTITIES = mapOf(v.union([v.string(), v.number()], 'a quantity'), 'a map of quantities');
const RESOURCES = v.nullish(object({ requests: QUANTITIES, limits: QUANTITIES }));
const CONTAINER = object({
  name: text,
  env: list(ENV_VAR),
  envFrom: list(v.unknown()),
  volumeMounts: list(MOUNT),
  ports: list(object({ containerPort: v.nullish(v.number('a port')) })),
  resources: RESOURCES,
});
const VOLUME = object({ name: text });
const POD = object({
  metadata: v.nullish(object({ name: v.nullish(text), labels: map, annotations: map })),
  spec: object({
    containers: list(CONTAINER),
    initContainers: list(CONTAINER),
    ephemeralContainers: list(CONTAINER),
    volumes: list(VOLUME),
    imagePullSecrets: list(object({ name: v.nullish(text) })),
    hostNetwork: flag,
    hostPID: flag,
    shareProcessNamespace: flag,
    serviceAccountName: v.nullish(text),
    nodeSelector: map,
    affinity: v.nullish(v.unknown()),
    os: v.nullish(object({ name: v.nullish(text) })),
    resources: RESOURCES,
  }),
});

export type EnvVar = v.InferOutput<typeof ENV_VAR>;
export type VolumeMount = v.InferOutput<typeof MOUNT>;
export type Container = v.InferOutput<typeof CONTAINER>;
export type Volume = v.InferOutput<typeof VOLUME>;
export type Resources = v.InferOutput<typeof RESOURCES>;
export type Pod = v.InferOutput<typeof POD>;

/** The two lists in which a Pod being created holds containers, in the order in which they start. */
export const CONTAINER_LISTS = ['initContainers', 'containers'] as const;
export type ContainerList = (typeof CONTAINER_LISTS)[number];

/** One container with its place in the pod. */
export interface Place {
  readonly list: ContainerList;
  readonly index: number;
  readonly container: Container;
}

/** The pod as a typed view, or the first place whose shape is not as the API describes. */
export function viewPod(pod: unknown): Result<Pod> {
  return check(POD, pod, 'first');
}

/** Every container of the pod with its place, init containers first. */
export function places(pod: Pod): Place[] {
  return CONTAINER_LISTS.flatMap((list) =>
    (pod.spec[list] ?? []).map((container, index): Place => ({ list, index, container })),
  );
}

/** The annotations of any JSON value that claims to be a Pod; their values may be of any type. */
export function annotationsOf(pod: unknown): Readonly<Record<string, string>> {
  return fieldsOf(member(member(pod, 'metadata'), 'annotations')) as Readonly<Record<string, string>>;
}

/** An annotation of any JSON value that claims to be a Pod; undefined when it isn't there or is no text. */
export function annotationOf(pod: unknown, key: string): string | undefined {
  const value = member(member(member(pod, 'metadata'), 'annotations'), key);
  return typeof value === 'string' ? value : undefined;
}

/** Whether it is written out as nothing. */
export function isEmpty({ value, valueFrom }: EnvVar): boolean {
  return !valueFrom && !value;
}

export function hasEnvFrom({ envFrom }: Pick<Container, 'envFrom'>): boolean {
  return (envFrom ?? []).length > 0;
}

/** The ServiceAccount that a pod runs as: the API's default is `default`. */
export function serviceAccountNameOf(pod: unknown): string {
  const name = member(member(pod, 'spec'), 'serviceAccountName');
  return typeof name === 'string' && name !== '' ? name : 'default';
}

/** The fields of any JSON value: none where it is no object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isMap(value) ? value : {};
}

/** The elements of any JSON value: none where it is no list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
