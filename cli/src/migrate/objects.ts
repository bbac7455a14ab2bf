/** Read-only views of objects that anybody may have written: every field may be absent or of another type. */
import { isMap } from '@rolechain/shared';
import type { AccountRef, KubeObject } from './types.ts';

/** The value at a path of members; undefined where there is none. */
export function at(object: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    object,
  );
}

/** The text there; undefined where it is empty or none. */
export function textAt(object: unknown, ...path: readonly string[]): string | undefined {
  const value = at(object, ...path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function listAt(object: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = at(object, ...path);
  return Array.isArray(value) ? value : [];
}

/** A map of texts; members of other types are left out. */
export function textsAt(object: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  const value = at(object, ...path);
  const entries = isMap(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

export const kindOf = (object: KubeObject): string => textAt(object, 'kind') ?? '';
export const namespaceOf = (object: KubeObject): string => textAt(object, 'metadata', 'namespace') ?? 'default';
export const nameOf = (object: KubeObject): string => textAt(object, 'metadata', 'name') ?? '';

/** `Deployment shop/orders`, as a person looks for it. */
export function shown(object: KubeObject): string {
  const namespace = textAt(object, 'metadata', 'namespace');
  return `${kindOf(object)} ${namespace === undefined ? '' : `${namespace}/`}${nameOf(object)}`;
}

/** Where each kind of workload keeps its pod template (Kubernetes API reference, Workload Resources). */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  PodTemplate: ['template'],
};

/** A workload that somebody wrote, with its pod, or the template of its pods. */
export interface Workload {
  readonly object: string;
  readonly account: AccountRef;
  readonly namespace: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: readonly unknown[];
  readonly volumes: readonly unknown[];
  /** Where its annotations stand. */
  readonly path: string;
}

/** Those of the objects. What a controller made of another object is left out: its author changes that one. */
export function workloadsOf(objects: readonly KubeObject[]): Workload[] {
  return objects.flatMap((object) => {
    const kind = kindOf(object);
    const path = kind === 'Pod' ? [] : Object.hasOwn(TEMPLATES, kind) ? TEMPLATES[kind] : undefined;
    if (!path || listAt(object, 'metadata', 'ownerReferences').some((owner) => at(owner, 'controller') === true)) {
      return [];
    }
    const pod = at(object, ...path);
    const namespace = namespaceOf(object);
    const name = textAt(pod, 'spec', 'serviceAccountName') ?? textAt(pod, 'spec', 'serviceAccount') ?? 'default';
    return {
      object: shown(object),
      namespace,
      account: { namespace, name },
      annotations: textsAt(pod, 'metadata', 'annotations'),
      containers: [...listAt(pod, 'spec', 'initContainers'), ...listAt(pod, 'spec', 'containers')],
      volumes: listAt(pod, 'spec', 'volumes'),
      path: [...path, 'metadata', 'annotations'].join('.'),
    };
  });
}
