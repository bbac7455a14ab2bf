/** The annotations `rolechain.io/sidecar-{cpu,memory,ephemeral-storage}-{request,limit}` of a pod and its Namespace. */
import { ANNOTATIONS, RESOURCES, problem, show, type Result, type Problem } from '@rolechain/shared';
import { sizeProblem } from '../objects/annotation-limits.ts';
import type { Annotations } from '../objects/annotations.ts';
import { parseQuantity } from '../objects/quantity.ts';
import { POD_LEVEL_NAMES, type ResourceName } from '../objects/resource-names.ts';

/** One amount that somebody asks for: a quantity above its minimum. */
export interface AskedAmount {
  readonly key: string;
  readonly value: string;
  readonly on: 'Pod' | 'Namespace';
}
export interface AskedPair {
  readonly request?: AskedAmount | undefined;
  readonly limit?: AskedAmount | undefined;
}
export type AskedResources = Readonly<Record<ResourceName, AskedPair>>;

interface Rule {
  readonly key: string;
  /** A quantity: less is a slip of the unit (`64m` of memory), or nothing that the sidecar can run in. */
  readonly min: string;
  /** A quantity as one may write it. */
  readonly example: string;
}

/** The key of each amount, and its limits. */
export const RESOURCE_RULES: Readonly<Record<ResourceName, Readonly<Record<keyof AskedPair, Rule>>>> = {
  cpu: {
    request: { key: ANNOTATIONS.sidecarCPURequest.key, min: '1m', example: RESOURCES.cpuRequest },
    limit: { key: ANNOTATIONS.sidecarCPULimit.key, min: '1m', example: RESOURCES.cpuLimit },
  },
  memory: {
    request: { key: ANNOTATIONS.sidecarMemoryRequest.key, min: '1Mi', example: RESOURCES.memoryRequest },
    limit: { key: ANNOTATIONS.sidecarMemoryLimit.key, min: RESOURCES.memoryLimitMin, example: RESOURCES.memoryLimit },
  },
  'ephemeral-storage': {
    request: { key: ANNOTATIONS.sidecarEphemeralStorageRequest.key, min: '0', example: '10Mi' },
    limit: {
      key: ANNOTATIONS.sidecarEphemeralStorageLimit.key,
      min: RESOURCES.ephemeralStorageLimitMin,
      example: RESOURCES.ephemeralStorageLimit,
    },
  },
};

/**
 * What is asked for, the pod's annotations winning; what the pod overrides on its Namespace is not looked at, nor there what
 * the pod has as a whole (`ownResources`).
 */
export function askedResources(
  pod: Annotations,
  namespace: Annotations,
  ownResources: boolean,
): Result<AskedResources> {
  const problems: Problem[] = [];
  const read = ({ key, min, example }: Rule, ofNamespace: Annotations): AskedAmount | undefined => {
    const on = pod[key] === undefined ? 'Namespace' : 'Pod';
    const value = pod[key] ?? ofNamespace[key];
    if (value === undefined) return undefined;
    const tooLarge = sizeProblem({ [key]: value }, key, on);
    if (tooLarge) {
      problems.push(tooLarge);
      return undefined;
    }
    const amount = parseQuantity(value);
    const whose = `on the ${on}`;
    if (amount === undefined) {
      problems.push(problem('FieldWrongType', key, `${whose} is ${show(value)}, but takes a quantity like ${example}`));
    } else if (amount < (parseQuantity(min) ?? 0)) {
      problems.push(problem('FieldOutOfRange', key, `${whose} is ${show(value)}, less than ${min}`));
    }
    return { key, value, on };
  };
  const pair = (name: ResourceName): AskedPair => {
    const { request, limit } = RESOURCE_RULES[name];
    const ofNamespace = ownResources && isPodLevel(name) ? {} : namespace;
    return { request: read(request, ofNamespace), limit: read(limit, ofNamespace) };
  };
  const value = { cpu: pair('cpu'), memory: pair('memory'), 'ephemeral-storage': pair('ephemeral-storage') };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value, warnings: [] };
}

/** Whether it makes a pod's class, and may be the pod's as a whole. */
export function isPodLevel(name: ResourceName): boolean {
  return (POD_LEVEL_NAMES as readonly ResourceName[]).includes(name);
}
