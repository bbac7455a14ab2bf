/** Resources of the sidecar: what the pod around it needs, and what annotations ask for. */
import { RESOURCES, SIDECAR, problem, type Result, type Problem } from '@rolechain/shared';
import type { Annotations } from '../objects/annotations.ts';
import { fitAmounts, podSums, type Amounts } from './limit-ranges.ts';
import type { LimitRule } from '../objects/limit-range.ts';
import type { Container, Pod, Resources } from '../objects/pod.ts';
import { parseQuantity } from '../objects/quantity.ts';
import {
  RESOURCE_RULES,
  askedResources,
  isPodLevel,
  type AskedPair,
  type AskedResources,
} from './resource-annotations.ts';
import { POD_LEVEL_NAMES, RESOURCE_NAMES, type ResourceName } from '../objects/resource-names.ts';

/** `noRoom`: clauses that say which LimitRange no resources of a sidecar keep. */
export type SidecarResources = Result<Resources> | { readonly ok: false; readonly noRoom: readonly string[] };

/**
 * Resources of a new sidecar beside these containers, or what is wrong with the annotations that ask for others.
 * An amount that nobody asks for is:
 *
 * - of CPU and memory, none where the pod has pod-level resources: the API refuses requests that exceed those (validation.go,
 *   validatePodResourceConsistency). For the same reason the Namespace's annotations for them don't count there;
 * - of the same in a Guaranteed pod, whose requests must equal their limits for it to stay so, the other of the pair;
 * - else the default; of a CPU limit, exactly where every other container has one (a namespace's quota may demand it); of
 *   ephemeral storage, where any has: the kubelet takes the sum of those that are there for the pod's.
 *
 * It is then brought within the LimitRanges, but where the pod has resources of its own: LimitRanger's defaults fill those in.
 */
export function sidecarResources(
  pod: Pod,
  others: readonly Container[],
  namespace: Annotations,
  limitRules: readonly LimitRule[] = [],
): SidecarResources {
  const ownResources = isPresent(pod.spec.resources);
  const asked = askedResources(pod.metadata?.annotations ?? {}, namespace, ownResources);
  if (!asked.ok) return asked;
  const guaranteed = !ownResources && others.length > 0 && others.every(isGuaranteed);
  const defaults: Defaults = {
    ...(ownResources ? NOTHING : guaranteed ? GUARANTEED : burstable(others)),
    'ephemeral-storage': ephemeralStorage(others),
  };

  const problems: Problem[] = [];
  const noRoom: string[] = [];
  const amounts = RESOURCE_NAMES.map((name): readonly [ResourceName, Amounts] => {
    const { request, limit } = asked.value[name];
    const paired = guaranteed && isPodLevel(name);
    const pair: Amounts = paired
      ? { request: request?.value ?? limit?.value, limit: limit?.value ?? request?.value }
      : {};
    const wanted = {
      request: request?.value ?? pair.request ?? defaults[name].request,
      limit: limit?.value ?? pair.limit ?? defaults[name].limit,
    };
    problems.push(...limitBelowRequest(name, asked.value[name], wanted));
    const whole = paired ? { ...wanted, request: wanted.limit } : wanted;
    if (limitRules.length === 0 || (ownResources && isPodLevel(name))) return [name, whole];
    const sums = podSums(pod, name, ({ name: container }) => container === SIDECAR.name);
    const fit = fitAmounts({ name, wanted: whole, asked: asked.value[name], paired, others: sums }, limitRules);
    if ('amounts' in fit) return [name, fit.amounts];
    noRoom.push(...fit.noRoom);
    return [name, whole];
  });
  if (problems.length > 0) return { ok: false, problems };
  if (noRoom.length > 0) return { ok: false, noRoom };
  return { ok: true, value: resourcesOf(amounts), warnings: loneLimit(asked.value, defaults) };
}

type Defaults = Readonly<Record<ResourceName, Amounts>>;
type PodLevel = Readonly<Record<(typeof POD_LEVEL_NAMES)[number], Amounts>>;

const NOTHING: PodLevel = { cpu: {}, memory: {} };

const GUARANTEED: PodLevel = {
  cpu: { request: RESOURCES.guaranteedCPU, limit: RESOURCES.guaranteedCPU },
  memory: { request: RESOURCES.memoryLimit, limit: RESOURCES.memoryLimit },
};

function burstable(others: readonly Container[]): PodLevel {
  const { cpuRequest, memoryRequest, memoryLimit, cpuLimit } = RESOURCES;
  const limited = others.length > 0 && others.every(({ resources }) => resources?.limits?.cpu !== undefined);
  return {
    cpu: { request: cpuRequest, limit: limited ? cpuLimit : undefined },
    memory: { request: memoryRequest, limit: memoryLimit },
  };
}

function ephemeralStorage(others: readonly Container[]): Amounts {
  const limited = others.some(({ resources }) => resources?.limits?.['ephemeral-storage'] !== undefined);
  return {
    request: RESOURCES.ephemeralStorageRequest,
    limit: limited ? RESOURCES.ephemeralStorageLimit : undefined,
  };
}

/** Where no other container has a limit, that of the sidecar alone is the pod's. */
function loneLimit(asked: AskedResources, defaults: Defaults): string[] {
  const { limit } = asked['ephemeral-storage'];
  if (!limit || defaults['ephemeral-storage'].limit !== undefined) return [];
  return [
    `${limit.key} on the ${limit.on} is the only such limit in the pod: the kubelet evicts the pod when all of its containers, logs and emptyDirs together use more than ${limit.value}`,
  ];
}

/** A limit below the request is refused by the API. Only annotations can bring that about. */
function limitBelowRequest(name: ResourceName, asked: AskedPair, { request, limit }: Amounts): Problem[] {
  if (request === undefined || limit === undefined) return [];
  if ((parseQuantity(limit) ?? 0) >= (parseQuantity(request) ?? 0)) return [];
  const whose = (half: keyof AskedPair): string => (asked[half] ? `on the ${asked[half].on}` : 'the default');
  const rules = RESOURCE_RULES[name];
  if (asked.limit) {
    const text = `${whose('limit')} is ${limit}, below the request of ${request} (${whose('request')})`;
    return [problem('FieldConflict', rules.limit.key, text, `raise it, or set ${rules.request.key} to no more`)];
  }
  const text = `${whose('request')} is ${request}, above the limit of ${limit} (the default)`;
  return [problem('FieldConflict', rules.request.key, text, `lower it, or set ${rules.limit.key} to no less`)];
}

/** In the API's form, without empty maps; undefined when there is nothing in it. */
function resourcesOf(amounts: readonly (readonly [ResourceName, Amounts])[]): Resources {
  const half = (of: keyof Amounts): Record<string, string> =>
    Object.fromEntries(amounts.flatMap(([name, pair]) => (pair[of] === undefined ? [] : [[name, pair[of]]])));
  const [limits, requests] = [half('limit'), half('request')];
  const resources = {
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...(Object.keys(requests).length > 0 ? { requests } : {}),
  };
  return Object.keys(resources).length > 0 ? resources : undefined;
}

function isPresent(resources: Resources): boolean {
  return Object.keys(resources?.limits ?? {}).length > 0 || Object.keys(resources?.requests ?? {}).length > 0;
}

/** As the kubelet judges one container (pkg/apis/core/v1/helper/qos): limits for both, requests equal or absent. */
function isGuaranteed({ resources }: Container): boolean {
  return POD_LEVEL_NAMES.every((name) => {
    const limit = resources?.limits?.[name];
    if (limit === undefined || parseQuantity(limit) === 0) return false;
    const request = resources?.requests?.[name] ?? limit;
    return parseQuantity(request) === parseQuantity(limit);
  });
}
