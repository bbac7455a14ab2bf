/** Annotations of our prefix that no version knows, or that stand on the wrong kind of object. Pure. */
import { ANNOTATION_PREFIX, LIMITS, formatProblems, didYouMean, problem, type Problem } from '@rolechain/shared';
import type { Annotations } from '../objects/annotations.ts';
import {
  ENTRIES,
  STRAYS,
  isKnownKey,
  KEYS,
  KEYS_ON,
  strayKeys,
  type AnnotatedKind,
} from '../objects/annotation-keys.ts';

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
  const meant = didYouMean(name, names(KEYS_ON[kind])) ?? didYouMean(name, names(KEYS));
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
