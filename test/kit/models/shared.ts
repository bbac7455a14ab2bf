/** What the models of other webhooks share. */
import { allContainers, type Draft, type DraftPod, type EnvVar } from '../pod.ts';

/** Thrown by a webhook that refuses the pod. */
export class Refused extends Error {}

/** Where the ServiceAccount plugin mounts the token of the API. */
export const API_TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What the ServiceAccount plugin does at each round: a token mount for every container that has none, unless the pod wants none. */
export function serviceAccountPlugin(pod: DraftPod): DraftPod {
  if (pod.spec.automountServiceAccountToken === false) return pod;
  const next = structuredClone(pod);
  for (const container of allContainers(next)) {
    if (container.volumeMounts?.some(({ mountPath }) => mountPath === API_TOKEN_PATH)) continue;
    const mount = { name: 'kube-api-access', mountPath: API_TOKEN_PATH, readOnly: true };
    container.volumeMounts = [...(container.volumeMounts ?? []), mount];
  }
  return next;
}

/** The list with these elements behind the others; one of the same key takes the place of the old one. */
export function merge<T extends object>(list: readonly T[] | undefined, added: readonly T[], key: keyof T): T[] {
  const byKey = new Map(added.map((element) => [element[key], element]));
  const kept = (list ?? []).map((element) => byKey.get(element[key]) ?? element);
  const there = new Set(kept.map((element) => element[key]));
  return [...kept, ...added.filter((element) => !there.has(element[key]))];
}

/** The list with the elements of this name at its front or end, where there are any. */
export function move<T extends { name: string }>(list: readonly T[], name: string, to: 'first' | 'last'): T[] {
  const moved = list.filter((element) => element.name === name);
  const rest = list.filter((element) => element.name !== name);
  return to === 'first' ? [...moved, ...rest] : [...rest, ...moved];
}

export function fieldVariable(name: string, fieldPath: string): Draft<EnvVar> {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}
