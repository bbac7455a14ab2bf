/** Annotations of our prefix that no version knows, or that stand on the wrong kind of object. Pure. */
import {
  ANNOTATIONS,
  ANNOTATION_PREFIX,
  LIMITS,
  formatProblems,
  nearest,
  problem,
  type AnnotationEntry,
  type Problem,
} from '@rolechain/shared';
import type { Annotations } from '../objects/annotations.ts';

/** Kinds of objects that annotations of ours stand on. */
export type AnnotatedKind = 'ServiceAccount' | 'Pod' | 'Namespace';

const ENTRIES: readonly AnnotationEntry[] = Object.values(ANNOTATIONS);
const KEYS: readonly string[] = ENTRIES.map(({ key }) => key);
const KEYS_ON: Readonly<Record<AnnotatedKind, readonly string[]>> = {
  ServiceAccount: keysWhere('ServiceAccount'),
  Pod: keysWhere('Pod'),
  Namespace: keysWhere('Namespace'),
};

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

/** What is wrong with a stray key: where it belongs, or what was meant. */
export function strayProblem(key: string, kind: AnnotatedKind): Problem {
  const where = kindOf(key);
  if (where !== undefined) {
    const text = `belongs on the ${where}, and has no effect on the ${kind}`;
    return problem('FieldUnknown', key, text, 'move it there');
  }
  // Of the prefix, which all have, nothing can be told; names of this kind are meant before those of others.
  const name = key.slice(ANNOTATION_PREFIX.length);
  const names = (keys: readonly string[]): string[] => keys.map((known) => known.slice(ANNOTATION_PREFIX.length));
  const meant = nearest(name, names(KEYS_ON[kind])) ?? nearest(name, names(KEYS));
  const shown = key.length > LIMITS.annotationKeyChars ? `${key.slice(0, LIMITS.annotationKeyChars)}...` : key;
  return problem('FieldUnknown', shown, 'is not an annotation of this version', fixOf(meant, kind));
}

function fixOf(meant: string | undefined, kind: AnnotatedKind): string {
  if (meant === undefined) return `this version knows ${KEYS_ON[kind].join(', ')}`;
  const key = ANNOTATION_PREFIX + meant;
  return KEYS_ON[kind].includes(key) ? `did you mean ${key}?` : `did you mean ${key}, on the ${kindOf(key) ?? kind}?`;
}

/** The kinds that a known key stands on, as one says it. */
function kindOf(key: string): string | undefined {
  return ENTRIES.find((entry) => entry.key === key)?.on.replace(', ', ' or the ');
}

/** Stands for the names of stray keys where an object's annotations are kept: no annotation can be called so. */
const STRAYS = ANNOTATION_PREFIX;

/** The names of an object's stray keys as one value beside those that are kept; nothing where it has none. */
export function keptStrays(annotations: Annotations, kind: AnnotatedKind): Annotations {
  const keys = strayKeys(annotations, kind).filter(({ length }) => length <= LIMITS.annotationKeyChars);
  return keys.length > 0 ? { [STRAYS]: keys.join(' ') } : {};
}

/** One warning for each stray key of an object, whole or as `keptStrays` kept them. `whose` names the object. */
export function strayWarnings(annotations: Annotations, kind: AnnotatedKind, whose: string): string[] {
  const kept = (annotations[STRAYS] ?? '').split(' ');
  const keys = [...kept, ...strayKeys(annotations, kind)].filter((key) => key !== '' && key !== STRAYS);
  return keys.map((key) => `${kind} ${whose}: ${formatProblems([strayProblem(key, kind)])}`);
}

/** The same of a pod whose ServiceAccount asks for nothing: what stands on the pod and belongs elsewhere. */
export function misplacedWarnings(annotations: Annotations): string[] {
  return strayKeys(annotations, 'Pod')
    .filter(isKnownKey)
    .map((key) => `the pod: ${formatProblems([strayProblem(key, 'Pod')])}`);
}
