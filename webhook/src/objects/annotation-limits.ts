/** The size of annotations, before anything reads them. */
import { ANNOTATIONS, FOREIGN_KEYS, LIMITS, problem, type Problem } from '@rolechain/shared';
import type { Annotations } from './annotations.ts';

const LIMIT_OF: Readonly<Record<string, number | undefined>> = {
  ...Object.fromEntries(
    Object.values(ANNOTATIONS).flatMap((entry) => ('maxBytes' in entry ? [[entry.key, entry.maxBytes]] : [])),
  ),
  [FOREIGN_KEYS.veleroExcludes]: LIMITS.veleroExcludesBytes,
};

/**
 * What is wrong with the size of an annotation's value; `on` is the kind of the object that has it. `added`: bytes that an
 * earlier call of ours may have put there, which is no reason to refuse the pod at this one.
 */
export function sizeProblem(
  annotations: Annotations,
  key: string,
  on: 'Pod' | 'Namespace',
  added = 0,
): Problem | undefined {
  const max = LIMIT_OF[key];
  return max === undefined ? undefined : overLimit(annotations, key, on, max, added);
}

/** The same of the EKS webhook's `skip-containers`, whose key is by its flags. */
export function skipContainersProblem(annotations: Annotations, key: string, added: number): Problem | undefined {
  return overLimit(annotations, key, 'Pod', LIMITS.eksSkipContainersBytes, added);
}

function overLimit(
  annotations: Annotations,
  key: string,
  on: 'Pod' | 'Namespace',
  max: number,
  added: number,
): Problem | undefined {
  const value = annotations[key];
  if (value === undefined || isWithin(value, max + added)) return undefined;
  return problem('DocumentTooLarge', key, `on the ${on} has more than ${max} bytes, its limit`);
}

/** A character has one byte at least. */
function isWithin(text: string, maxBytes: number): boolean {
  return text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes;
}
