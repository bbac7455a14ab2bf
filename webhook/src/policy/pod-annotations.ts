import { ANNOTATIONS, ENV, FOREIGN_KEYS, LIMITS, SIDECAR, problem, type Result, type Problem } from '@rolechain/shared';
import { sizeProblem, skipContainersProblem } from '../objects/annotation-limits.ts';
import { absentContainers, parseContainerRoles, type ContainerRoles } from './container-roles.ts';
import { skippedWarnings } from '../objects/eks-skip-containers.ts';
import type { Place, Pod } from '../objects/pod.ts';
import type { DecideSettings } from '../settings/settings.ts';
import { strayProblem } from './stray-annotations.ts';
import { strayKeys, keysOn } from '../objects/annotation-keys.ts';

/** What the pod's own annotations ask for. */
export interface PodAnnotations {
  readonly skipContainers: readonly string[];
  readonly containerRoles: ContainerRoles;
  readonly authorizationToken: 'file' | 'env';
}

const SKIP = ANNOTATIONS.skipContainers.key;
const ROLES = ANNOTATIONS.containerRoles.key;
const TOKEN = ANNOTATIONS.authorizationToken.key;

/**
 * Parses the pod's annotations of our prefix. One that this version doesn't know is refused: it may narrow a role.
 * Containers of meshes hold no role.
 */
export function podAnnotations(
  pod: Pod,
  all: readonly Place[],
  { meshContainers: mesh, eks }: Pick<DecideSettings, 'meshContainers' | 'eks'>,
): Result<PodAnnotations> {
  const annotations = pod.metadata?.annotations ?? {};
  const present = new Set(all.map(({ container }) => container.name));
  const isSecond = present.has(SIDECAR.name);
  const added = isSecond ? LIMITS.eksSkipContainersAddedBytes : 0;
  const tooLarge = [
    ...keysOn('Pod').map((key) => sizeProblem(annotations, key, 'Pod')),
    skipContainersProblem(annotations, eks.keys.skipContainers, added),
    sizeProblem(annotations, FOREIGN_KEYS.veleroExcludes, 'Pod', isSecond ? SIDECAR.tokenVolume.length + 1 : 0),
  ].filter((found) => found !== undefined);
  if (tooLarge.length > 0) return { ok: false, problems: tooLarge };
  const problems: Problem[] = strayKeys(annotations, 'Pod').map((key) => strayProblem(key, 'Pod'));
  problems.push(...notOneOf(annotations, ANNOTATIONS.inject.key, ['true', 'false']));
  problems.push(...notOneOf(annotations, TOKEN, ['file', 'env']));
  const parsed = parseContainerRoles(annotations[ROLES] ?? '');
  const skipContainers = (annotations[SKIP] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (!parsed.ok) problems.push(...parsed.problems);
  const containerRoles: ContainerRoles = parsed.ok ? parsed.value : new Map();
  // Containers that hold no role whatever is written: a slip gives them none, and webhooks add them in any order.
  const aside = new Set([...skipContainers, ...mesh, SIDECAR.name, ...containerRoles.keys()]);
  const unnamed = [...present].filter((name) => !aside.has(name));
  const { problems: misspelt, absent } = absentContainers(containerRoles, present, unnamed);
  problems.push(...skippedWithRole(skipContainers, containerRoles), ...misspelt);
  if (problems.length > 0) return { ok: false, problems };

  const authorizationToken = annotations[TOKEN] === 'env' ? 'env' : 'file';
  const warnings = [
    ...absentWarnings(
      SKIP,
      skipContainers.filter((name) => !present.has(name)),
    ),
    ...absentWarnings(ROLES, absent),
    ...skippedWarnings(annotations[eks.keys.skipContainers], eks.keys.skipContainers),
    ...(authorizationToken === 'env'
      ? [`${TOKEN}: env puts ${ENV.token} into the pod, where all who may read pods see it`]
      : []),
  ];
  return { ok: true, value: { skipContainers, containerRoles, authorizationToken }, warnings };
}

function notOneOf(
  annotations: Readonly<Record<string, string>>,
  key: string,
  values: readonly [string, string],
): Problem[] {
  const value = annotations[key];
  if (value === undefined || values.includes(value)) return [];
  const [one, other] = values;
  return [problem('FieldOutOfRange', key, `is neither "${one}" nor "${other}"`, 'write one of them, or leave it out')];
}

function skippedWithRole(skip: readonly string[], roles: ContainerRoles): Problem[] {
  return skip
    .filter((name) => (roles.get(name) ?? []).length > 0)
    .map((name) => problem('FieldConflict', ROLES, `gives container ${name} a role, and ${SKIP} leaves it alone`));
}

/** Not refused: another webhook may yet add the container. */
function absentWarnings(key: string, names: readonly string[]): string[] {
  return names.map(
    (name) =>
      `${key} names container ${name}, which this pod does not have; correct its name, unless another webhook adds it`,
  );
}
