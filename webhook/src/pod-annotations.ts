import { ANNOTATIONS, ANNOTATION_PREFIX, nearest, problem, type Checked, type Problem } from '@rolechain/shared';
import { places, type Pod } from './pod.ts';

/** What the pod's own annotations ask for. */
export interface PodAnnotations {
  readonly skipContainers: readonly string[];
}

const KNOWN: readonly string[] = Object.values(ANNOTATIONS)
  .filter(({ on }) => on === 'Pod')
  .map(({ key }) => key);

/** Reads the pod's annotations of our prefix. One that this version doesn't know is refused: it may narrow a role. */
export function podAnnotations(pod: Pod): Checked<PodAnnotations> {
  const annotations = pod.metadata?.annotations ?? {};
  const problems: Problem[] = Object.keys(annotations)
    .filter((key) => key.startsWith(ANNOTATION_PREFIX) && !KNOWN.includes(key))
    .map((key) => unknownKey(key));
  const inject = annotations[ANNOTATIONS.inject.key];
  if (inject !== undefined && inject !== 'true' && inject !== 'false') {
    problems.push(
      problem(
        'FieldOutOfRange',
        ANNOTATIONS.inject.key,
        'is neither "true" nor "false"',
        'write one of them, or leave it out',
      ),
    );
  }
  if (problems.length > 0) return { ok: false, problems };

  const skipContainers = (annotations[ANNOTATIONS.skipContainers.key] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const names = places(pod).map(({ container }) => container.name);
  // Not refused: another webhook may yet add the container.
  const warnings = skipContainers
    .filter((name) => !names.includes(name))
    .map((name) => `${ANNOTATIONS.skipContainers.key} names ${name}, which is no container of this pod`);
  return { ok: true, value: { skipContainers }, warnings };
}

function unknownKey(key: string): Problem {
  const meant = nearest(key, KNOWN);
  const fix = meant === undefined ? `this version knows ${KNOWN.join(', ')}` : `did you mean ${meant}?`;
  return problem('FieldUnknown', key, 'is no annotation of this version', fix);
}
