/**
 * Keeps the sidecar's resources inside the LimitRanges of its namespace, as LimitRanger checks them
 * (plugin/pkg/admission/limitranger/admission.go): it refuses the pod otherwise, and names neither container nor LimitRange.
 * Pure.
 */
import { RESOURCES } from '@rolechain/shared';
import type { Container, Pod } from '../objects/pod.ts';
import { parseQuantity } from '../objects/quantity.ts';
import { RESOURCE_RULES, type AskedPair } from './resource-annotations.ts';
import type { LimitRule } from '../objects/limit-range.ts';
import type { ResourceName } from '../objects/resource-names.ts';

/** Request and limit of one resource: quantities. */
export interface Amounts {
  readonly request?: string | undefined;
  readonly limit?: string | undefined;
}

export interface ToFit {
  readonly name: ResourceName;
  readonly wanted: Amounts;
  /** What annotations ask for is not changed. */
  readonly asked: AskedPair;
  /** Request and limit have to be equal: of a Guaranteed pod. */
  readonly paired: boolean;
  /** Sums of the pod without the sidecar; undefined where the pod's own resources stand for them. */
  readonly others: Sums | undefined;
}

/** In milli-units of CPU or bytes. Undefined: no container has one. */
export interface Sums {
  readonly request: number | undefined;
  readonly limit: number | undefined;
}

interface Numbers {
  request: number | undefined;
  limit: number | undefined;
}

/** How much the sidecar takes at most to keep a ratio; beyond that its limit comes down instead. */
const CAP: Readonly<Record<ResourceName, string>> = {
  cpu: RESOURCES.guaranteedCPU,
  memory: RESOURCES.memoryLimit,
  'ephemeral-storage': RESOURCES.ephemeralStorageLimitMin,
};
const USUAL: Readonly<Record<ResourceName, Required<Amounts>>> = {
  cpu: { request: RESOURCES.cpuRequest, limit: RESOURCES.cpuLimit },
  memory: { request: RESOURCES.memoryRequest, limit: RESOURCES.memoryLimit },
  'ephemeral-storage': { request: RESOURCES.ephemeralStorageRequest, limit: RESOURCES.ephemeralStorageLimit },
};

/** The amounts that keep all of these rules, nearest to what is wanted; or clauses that say which of them none keep. */
export function fitAmounts(
  fit: ToFit,
  rules: readonly LimitRule[],
): { readonly amounts: Amounts } | { readonly noRoom: readonly string[] } {
  const { name, wanted, asked } = fit;
  const own = rules.filter(({ resource, type }) => resource === name && (type === 'Container' || fit.others));
  if (own.length === 0) return { amounts: wanted };
  const numbers = fitted(fit, own);
  const noRoom = own.flatMap((rule) => (violates(rule, numbers, fit.others) ? clause(rule, fit, numbers) : []));
  if (noRoom.length > 0) return { noRoom };
  const tight = (['request', 'limit'] as const).find((half) => {
    const number = numbers[half];
    return !asked[half] && number !== undefined && number < units(name, RESOURCE_RULES[name][half].min);
  });
  if (tight !== undefined) {
    const lowest = own.filter(({ kind }) => kind === 'max').sort((a, b) => room(a, tight, fit) - room(b, tight, fit));
    return { noRoom: [...lowest, ...own].slice(0, 1).flatMap((rule) => clause(rule, fit, numbers)) };
  }
  const text = (half: keyof Amounts): string | undefined => {
    const number = numbers[half];
    if (number === undefined) return undefined;
    const before = wanted[half];
    return before !== undefined && units(name, before) === number ? before : quantity(name, number);
  };
  return { amounts: { request: text('request'), limit: text('limit') } };
}

function fitted(fit: ToFit, rules: readonly LimitRule[]): Numbers {
  const { name, wanted, asked, paired, others } = fit;
  const of = (kind: LimitRule['kind'], type?: LimitRule['type']): LimitRule[] =>
    rules.filter((rule) => rule.kind === kind && (type === undefined || rule.type === type));
  const lowest = Math.max(0, ...of('min', 'Container').map(({ value }) => units(name, value)));
  const highest = (half: keyof Amounts): number => Math.min(...of('max').map((rule) => room(rule, half, fit)));
  const strict = of('maxLimitRequestRatio', 'Container');
  const needsLimit = strict.length > 0 || of('max', 'Container').length > 0;
  const start = (half: keyof Amounts, needed: boolean): number | undefined => {
    const text = wanted[half] ?? (needed ? USUAL[name][half] : undefined);
    return text === undefined ? undefined : units(name, text);
  };
  let request = start('request', needsLimit || lowest > 0);
  let limit = start('limit', needsLimit);
  if (paired && request !== undefined && limit !== undefined) {
    if (!asked.request && !asked.limit) limit = Math.min(Math.max(limit, lowest), highest('limit'));
    return { request: limit, limit };
  }
  if (limit !== undefined && !asked.limit) limit = Math.min(Math.max(limit, lowest), highest('limit'));
  if (request !== undefined && !asked.request) {
    request = Math.min(Math.max(request, lowest), highest('request'), limit ?? Number.POSITIVE_INFINITY);
  }
  if (limit !== undefined && request !== undefined && !asked.limit) limit = Math.max(limit, request);
  // In a pod whose containers keep a ratio the sum keeps it where the sidecar does.
  const ofPod = others?.limit === undefined ? [] : of('maxLimitRequestRatio', 'Pod');
  if (strict.length + ofPod.length === 0) return { request, limit };
  const ratio = Math.min(...[...strict, ...ofPod].map(({ value }) => parseQuantity(value) ?? 1));
  if (limit === undefined || request === undefined || limit <= request * ratio) return { request, limit };
  if (!asked.request) {
    const cap = asked.limit ? Number.POSITIVE_INFINITY : units(name, CAP[name]);
    request = Math.max(request, Math.min(Math.ceil(limit / ratio), cap));
  }
  if (!asked.limit) limit = Math.max(lowest, Math.min(limit, Math.floor(request * ratio)));
  return { request, limit };
}

/** How much the rule leaves to the sidecar. A pod that is over it by itself is none of ours. */
function room({ type, value, resource }: LimitRule, half: keyof Amounts, { others }: ToFit): number {
  const all = units(resource, value);
  if (type === 'Container') return all;
  const left = all - (others?.[half] ?? 0);
  return left < 0 ? Number.POSITIVE_INFINITY : left;
}

/** As LimitRanger judges it. Of a pod, only what the sidecar brings about. */
function violates({ type, kind, resource, value }: LimitRule, own: Numbers, others: Sums | undefined): boolean {
  const { request, limit } = own;
  const bound = units(resource, value);
  const ratio = parseQuantity(value) ?? 1;
  if (type === 'Container') {
    if (kind === 'min') return request === undefined || request < bound || (limit !== undefined && limit < bound);
    if (kind === 'max') return limit === undefined || limit > bound || (request !== undefined && request > bound);
    return !request || !limit || limit / request > ratio;
  }
  const before = { request: others?.request ?? 0, limit: others?.limit ?? 0 };
  const after = { request: before.request + (request ?? 0), limit: before.limit + (limit ?? 0) };
  if (kind === 'min') return false;
  if (kind === 'max')
    return (['request', 'limit'] as const).some((half) => before[half] <= bound && after[half] > bound);
  const keeps = (sums: typeof before): boolean => sums.limit <= sums.request * ratio;
  return before.limit > 0 && keeps(before) && !keeps(after);
}

const WORDS = { min: 'minimum', max: 'maximum', maxLimitRequestRatio: 'maximum ratio of limit to request' } as const;

function clause({ range, type, kind, value }: LimitRule, { name, asked }: ToFit, own: Numbers): string[] {
  const named = [asked.request, asked.limit].flatMap((one) =>
    one ? `${one.key} on the ${one.on} is ${one.value}` : [],
  );
  const has = (['request', 'limit'] as const).flatMap((half) => {
    const number = own[half];
    return number === undefined ? [] : `a ${half} of ${quantity(name, number)}`;
  });
  const needs = `the sidecar needs a limit of at least ${RESOURCE_RULES[name].limit.min}`;
  const why = named.length > 0 ? named.join(', ') : kind === 'max' ? needs : `the sidecar has ${has.join(' and ')}`;
  const beside = type === 'Pod' ? ', the other containers included' : '';
  return [`LimitRange ${range} has a ${WORDS[kind]} of ${name} per ${type} of ${value}${beside}, and ${why}`];
}

/** CPU in milli-units, as the scheduler and LimitRanger round it; all else in bytes. */
function units(name: ResourceName, text: string): number {
  const value = parseQuantity(text) ?? 0;
  // Without the error of a binary fraction: 0.3 * 1000 is a little more than 300.
  return name === 'cpu' ? Math.ceil(Number((value * 1000).toFixed(6))) : Math.ceil(value);
}

const MEBI = 2 ** 20;

function quantity(name: ResourceName, number: number): string {
  const whole = Math.floor(number);
  if (name === 'cpu') return whole % 1000 === 0 ? String(whole / 1000) : `${whole}m`;
  return whole > 0 && whole % MEBI === 0 ? `${whole / MEBI}Mi` : String(whole);
}

/** As LimitRanger adds a pod up (podRequests, podLimits), without the sidecar. */
export function podSums({ spec }: Pod, name: ResourceName, isSidecar: (container: Container) => boolean): Sums {
  const sum = (half: 'requests' | 'limits'): number | undefined => {
    const of = ({ resources }: Container): number | undefined => {
      const text = resources?.[half]?.[name];
      return text === undefined ? undefined : units(name, String(text));
    };
    const inits = (spec.initContainers ?? []).filter((container) => !isSidecar(container));
    const all = [...(spec.containers ?? []), ...inits].map(of);
    if (all.every((number) => number === undefined)) return undefined;
    let running = 0;
    let peak = 0;
    for (const container of inits) {
      const own = of(container) ?? 0;
      if (container.restartPolicy === 'Always') running += own;
      peak = Math.max(peak, container.restartPolicy === 'Always' ? running : running + own);
    }
    const main = (spec.containers ?? []).reduce((total, container) => total + (of(container) ?? 0), 0);
    return Math.max(main + running, peak);
  };
  return { request: sum('requests'), limit: sum('limits') };
}
