/**
 * What `uninject` can't know of a pod as it was, taken out of it for comparing: null and empty lists and maps where
 * rolechain adds to them, the annotations that the webhook writes whatever came in, of EKS' `skip-containers` what the EKS
 * webhook doesn't read and the names that rolechain would have added, empty variables that it takes out, and 127.0.0.1 at
 * the end of NO_PROXY. Its exceptions for what the EKS webhook wrote, and for variables that stood there as rolechain writes
 * them, are not needed for pods that have neither.
 */
import { readGoCSV } from '../models/go-csv.ts';
import {
  EKS_SKIP_KEY,
  NO_PROXY_VARIABLES,
  REMOVED_EMPTY,
  SIDECAR_NAME,
  SKIPPED_KEY,
  STATUS_KEY,
  VELERO_KEY,
} from './names.ts';

type Json = Record<string, unknown>;

/** A copy without these. `held`: the containers that got a role. */
export function notToRestore(pod: unknown, held: readonly string[]): unknown {
  const copy = structuredClone(pod) as { metadata?: Json | null; spec: Json };
  const annotations = copy.metadata?.annotations as Record<string, string> | null | undefined;
  if (annotations) withoutOwn(annotations, held);
  dropEmpty(copy.metadata, ['annotations']);
  dropEmpty(copy, ['metadata']);
  dropEmpty(copy.spec, ['volumes', 'initContainers', 'imagePullSecrets']);
  for (const list of ['initContainers', 'containers']) {
    for (const container of (copy.spec[list] ?? []) as Json[]) {
      if (Array.isArray(container.env)) container.env = (container.env as Variable[]).flatMap(restorable);
      dropEmpty(container, ['env', 'volumeMounts']);
    }
  }
  return copy;
}

interface Variable extends Json {
  readonly name: string;
  readonly value?: string | null;
}

function restorable(variable: Variable): Variable[] {
  const { name, value, valueFrom } = variable;
  if (valueFrom) return [variable];
  if (!value) return REMOVED_EMPTY.includes(name) ? [] : [variable];
  if (!NO_PROXY_VARIABLES.includes(name)) return [variable];
  const parts = value.split(',');
  while (parts.at(-1) === '127.0.0.1') parts.pop();
  return [{ ...variable, value: parts.join(',') }];
}

function withoutOwn(annotations: Record<string, string>, held: readonly string[]): void {
  Reflect.deleteProperty(annotations, STATUS_KEY);
  Reflect.deleteProperty(annotations, SKIPPED_KEY);
  const velero = annotations[VELERO_KEY];
  const volumes = velero?.split(',').filter((name) => name !== 'rolechain');
  if (volumes?.join(',') === '') Reflect.deleteProperty(annotations, VELERO_KEY);
  else if (volumes) annotations[VELERO_KEY] = volumes.join(',');
  const key = EKS_SKIP_KEY;
  const names = readGoCSV(annotations[key] ?? '') ?? [];
  const rest = names.filter((name) => name !== SIDECAR_NAME && !held.includes(name));
  // What the EKS webhook reads, in whatever form.
  if (rest.length === 0) Reflect.deleteProperty(annotations, key);
  else annotations[key] = JSON.stringify(rest);
}

function dropEmpty(object: Json | null | undefined, keys: readonly string[]): void {
  for (const key of keys) {
    const value = object?.[key];
    if (object && (value === null || (typeof value === 'object' && Object.keys(value).length === 0))) {
      Reflect.deleteProperty(object, key);
    }
  }
}
