/** Where in an object the pod is that is made of it: by shape, so that kinds of other projects are read, too. Pure. */
import { isMap } from '@rolechain/shared';
import { at } from '../objects/fields.ts';
import type { Json, Manifest, Path } from './manifests.ts';

/**
 * Paths to a pod's template. Kubernetes: ReplicationController, ReplicaSet, Deployment, StatefulSet, DaemonSet and Job have
 * `spec.template`, CronJob `spec.jobTemplate`, PodTemplate `template`. Argo's Rollout and Knative's Service have the first.
 */
const TEMPLATES: readonly Path[] = [['spec', 'template'], ['spec', 'jobTemplate', 'spec', 'template'], ['template']];

export interface PodTemplate {
  /** Within the object; empty for a Pod. */
  readonly path: Path;
  readonly value: Json;
}

/** The pod or its template; undefined where the object makes no pods. */
export function podTemplateOf({ kind, value }: Pick<Manifest, 'kind' | 'value'>): PodTemplate | undefined {
  if (kind === 'Pod') return { path: [], value };
  for (const path of TEMPLATES) {
    const found = at(value, ...path.map(String));
    if (isMap(found) && isMap(found.spec) && Array.isArray(found.spec.containers)) return { path, value: found };
  }
  return undefined;
}

/**
 * The pod as the apiserver hands it to a webhook, as far as a decision reads it: the old name of the field
 * `serviceAccountName` is still taken (core/v1 conversion.go, Convert_v1_PodSpec_To_core_PodSpec).
 */
export function asPod({ value }: PodTemplate): Json {
  const spec = isMap(value.spec) ? value.spec : {};
  const { serviceAccountName: name, serviceAccount: old } = spec;
  const isNamed = typeof name === 'string' && name !== '';
  if (isNamed || typeof old !== 'string' || old === '') return value;
  return { ...value, spec: { ...spec, serviceAccountName: old } };
}
