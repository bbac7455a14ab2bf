/** Members of raw JSON that anybody may have written: each may be absent or of another type. */
import { isMap } from '@rolechain/shared';

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

type Members = Readonly<Record<string, unknown>>;

/** The map; an empty one where the value is none. */
export const mapOf = (value: unknown): Members => (isMap(value) ? value : {});

/** The items of a list, each as a map. */
export const mapsOf = (value: unknown): readonly Members[] => (Array.isArray(value) ? value.map(mapOf) : []);

/** Whether a pod has ended: its containers do not run again (core/v1, PodPhase). */
export function hasEnded(pod: unknown): boolean {
  const phase = at(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}
