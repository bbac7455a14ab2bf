/** Whether two values of the API say the same: after its defaults, and in the fields that it had when this was made. */
import { isDeepStrictEqual } from 'node:util';
import { isMap } from '@rolechain/shared';
import { API_TYPES } from './api-types.ts';

type Fields = Readonly<Record<string, unknown>>;
const TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = API_TYPES;

/**
 * What the API writes into fields that aren't there (pkg/apis/core/v1/defaults.go), and the zero values that it leaves
 * out. Of the types that a sidecar and its volumes use.
 */
const DEFAULTS: Readonly<Record<string, Fields>> = {
  Container: {
    stdin: false,
    stdinOnce: false,
    tty: false,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  },
  ContainerPort: { protocol: 'TCP', hostPort: 0 },
  ObjectFieldSelector: { apiVersion: 'v1' },
  Probe: { initialDelaySeconds: 0, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
  ProjectedVolumeSource: { defaultMode: 0o644 },
  ServiceAccountTokenProjection: { expirationSeconds: 3600 },
  VolumeMount: { readOnly: false },
};

/** True when a field of this type of the API says the same in both objects. */
export function sameField(type: string, field: string, one: Fields, other: Fields): boolean {
  const of = TYPES[type]?.[field] ?? 'any';
  return same(of, valueOf(type, field, one), valueOf(type, field, other));
}

/** True when two values of a type of the API, as `VolumeMount`, say the same. Fields that no release had are not looked at. */
export function same(type: string, one: unknown, other: unknown): boolean {
  if (type.endsWith('[]')) return sameList(type.slice(0, -2), one, other);
  const fields = TYPES[type];
  if (!fields || !isMap(one) || !isMap(other)) return isDeepStrictEqual(present(one), present(other));
  return Object.keys(fields).every((field) => sameField(type, field, one, other));
}

/** An empty list is the same as none. */
function sameList(type: string, one: unknown, other: unknown): boolean {
  const [a, b] = [one ?? [], other ?? []];
  if (!Array.isArray(a) || !Array.isArray(b)) return isDeepStrictEqual(a, b);
  const [list, expected] = [a.filter((item) => says(type, item)), b.filter((item) => says(type, item))];
  return list.length === expected.length && list.every((item, index) => same(type, item, expected[index]));
}

/** Releases with resize policies write this one into every container that has an amount of the resource. */
function says(type: string, item: unknown): boolean {
  return !(type === 'ContainerResizePolicy' && isMap(item) && item.restartPolicy === 'NotRequired');
}

function valueOf(type: string, field: string, object: Fields): unknown {
  return (Object.hasOwn(object, field) ? present(object[field]) : undefined) ?? DEFAULTS[type]?.[field];
}

/** Null and empty text are left out by the API. */
function present(value: unknown): unknown {
  return value === null || value === '' ? undefined : value;
}
