/** What `migrate` reads of objects: names, and workloads with their pods. */
import { at, listAt, textAt, textsAt } from '../objects/fields.ts';
import type { AccountRef, KubeObject } from './types.ts';

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
