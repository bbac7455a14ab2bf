/** The names of the setting `imagePullSecrets` among those of a pod. Pure, on raw JSON. */
import type { Operation } from 'fast-json-patch';
import { ANNOTATIONS } from '@rolechain/shared';
import { listOperations } from './list-patch.ts';
import { annotationOf, fieldsOf, listOf, type Pod } from '../objects/pod.ts';

const PATH = '/spec/imagePullSecrets';

/**
 * Adds those that lack, behind the others. Those of the ServiceAccount stand in the pod by now: the apiserver's own plugin
 * takes them into a pod without any before it calls a webhook (plugin/pkg/admission/serviceaccount).
 */
export function pullSecretOperations({ spec }: Pod, names: readonly string[]): Operation[] {
  const there = new Set((spec.imagePullSecrets ?? []).map(({ name }) => name));
  const missing = [...new Set(names)].filter((name) => !there.has(name)).map((name) => ({ name }));
  return listOperations(PATH, spec.imagePullSecrets, () => 'keep', missing);
}

/** The names that the status of an injected pod says were added; one that stood there before is taken for one of them. */
export function addedPullSecrets(pod: Pod): ReadonlySet<unknown> {
  try {
    return new Set(listOf(fieldsOf(JSON.parse(annotationOf(pod, ANNOTATIONS.status.key) ?? '')).imagePullSecrets));
  } catch {
    return new Set();
  }
}
