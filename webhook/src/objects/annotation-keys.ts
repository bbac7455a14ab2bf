/** Which annotations of ours stand on which kind of objects. Pure. */
import { ANNOTATION_PREFIX, ANNOTATIONS, LIMITS, type AnnotationEntry } from '@rolechain/shared';
import type { Annotations } from './annotations.ts';

/** Kinds of objects that annotations of ours stand on. */
export type AnnotatedKind = 'ServiceAccount' | 'Pod' | 'Namespace';

export const ENTRIES: readonly AnnotationEntry[] = Object.values(ANNOTATIONS);
export const KEYS: readonly string[] = ENTRIES.map(({ key }) => key);
export const KEYS_ON: Readonly<Record<AnnotatedKind, readonly string[]>> = {
  ServiceAccount: keysWhere('ServiceAccount'),
  Pod: keysWhere('Pod'),
  Namespace: keysWhere('Namespace'),
};

/** Stands for the names of stray keys where an object's annotations are kept: no annotation can be called so. */
export const STRAYS = ANNOTATION_PREFIX;

function keysWhere(kind: AnnotatedKind): string[] {
  return ENTRIES.filter(({ on }) => on.split(', ').includes(kind)).map(({ key }) => key);
}

/** The keys of this version that are read, or written, on a kind of objects. */
export function keysOn(kind: AnnotatedKind): readonly string[] {
  return KEYS_ON[kind];
}

/** Keys of our prefix that are none of this kind's; the first of them. */
export function strayKeys(annotations: Annotations, kind: AnnotatedKind): string[] {
  const found: string[] = [];
  for (const key of Object.keys(annotations)) {
    if (!key.startsWith(ANNOTATION_PREFIX) || KEYS_ON[kind].includes(key)) continue;
    found.push(key);
    if (found.length >= LIMITS.placesNamed) break;
  }
  return found;
}

/** Whether a version knows it, on whatever kind of objects. */
export function isKnownKey(key: string): boolean {
  return KEYS.includes(key);
}

/** The names of an object's stray keys as one value beside those that are kept; nothing where it has none. */
export function keptStrays(annotations: Annotations, kind: AnnotatedKind): Annotations {
  const keys = strayKeys(annotations, kind).filter(({ length }) => length <= LIMITS.annotationKeyChars);
  return keys.length > 0 ? { [STRAYS]: keys.join(' ') } : {};
}
