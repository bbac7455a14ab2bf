/** Manifests as a user applies them: objects of a YAML stream, and the pods that its workloads would make. */
import { parseAllDocuments } from 'yaml';

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

interface Template {
  readonly metadata?: Record<string, unknown>;
  readonly spec: Record<string, unknown>;
}

/** The objects of a YAML stream, Lists taken apart. Throws an Error that names the place of a syntax error. */
export function parseManifests(text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const error = document.errors[0];
    if (error) throw new Error(error.message);
    return flatten(document.toJS());
  });
}

function flatten(value: unknown): KubeObject[] {
  if (value === null || value === undefined) return [];
  const object = value as Partial<KubeObject> & { items?: unknown };
  if (object.kind === 'List' && Array.isArray(object.items)) return object.items.flatMap(flatten);
  if (typeof object.kind !== 'string' || typeof object.apiVersion !== 'string') {
    throw new Error('a document has no apiVersion and kind');
  }
  return [{ ...object, metadata: object.metadata ?? {} } as KubeObject];
}

/** Where each kind of workload keeps its pod template. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

/** The pod that a workload's controller would create; the object itself when it is a Pod; else undefined. */
export function podOf(object: KubeObject, namespace: string): KubeObject | undefined {
  if (object.kind === 'Pod') return { ...object, metadata: { ...object.metadata, namespace } };
  const path = TEMPLATES[object.kind];
  if (!path) return undefined;
  const template = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
  if (typeof template !== 'object' || template === null) return undefined;
  const { metadata, spec } = template as Template;
  const generateName = `${object.metadata.name ?? 'workload'}-`;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, generateName, namespace }, spec };
}
