/**
 * How large a pod may be that asks for a role. Each of its parts is looked at more than once, and answered by operations,
 * so they are counted before any of that: first on raw JSON, then the operations, before they are made. Pure.
 */
import { ENV, LIMITS, NO_PROXIES, type EksWebhook } from '@rolechain/shared';
import { stripEks } from '../injection/container-env.ts';
import type { ContainerOutcome } from './container-outcomes.ts';
import { fieldsOf, isEmpty, listOf, type EnvVar, type Place } from '../objects/pod.ts';
import type { DecideSettings } from '../settings/settings.ts';

/** Containers of any kind. */
const CONTAINERS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** A clause that names the limit that the pod passes. Any JSON value may claim to be a pod. */
export function podTooLarge(pod: unknown): string | undefined {
  const { metadata, spec } = fieldsOf(pod);
  const ofSpec = fieldsOf(spec);
  const count = CONTAINERS.reduce((sum, list) => sum + lengthOf(ofSpec[list]), 0);
  if (count > LIMITS.podContainers) return `it has ${count} containers; the limit is ${LIMITS.podContainers}`;
  const containers = CONTAINERS.flatMap((list) => listOf(ofSpec[list]));
  const name = Math.max(0, ...containers.map((container) => textLength(fieldsOf(container).name)));
  if (name > LIMITS.containerNameChars) {
    return `the name of a container has ${name} characters; the limit is ${LIMITS.containerNameChars}`;
  }
  const entries = [metadata, ofSpec, ...containers].reduce<number>((sum, part) => sum + entriesOf(part), 0);
  if (entries <= LIMITS.podEntries) return undefined;
  return `it has ${entries} variables, mounts, ports, volumes, labels and the like together; the limit is ${LIMITS.podEntries}`;
}

/** Of all lists and maps directly in it, and in the maps among them: variables, mounts, `resources.limits`. */
function entriesOf(value: unknown, depth = 2): number {
  const fields = fieldsOf(value);
  let sum = 0;
  for (const key in fields) {
    const field = fields[key];
    if (Array.isArray(field)) sum += field.length;
    else if (typeof field === 'object' && field !== null) {
      sum += Object.keys(field).length + (depth > 1 ? entriesOf(field, depth - 1) : 0);
    }
  }
  return sum;
}

/** Variables of ours in a container, and operations on pod and sidecar, at most. */
const OURS = 8;
const OUR_VARIABLES: ReadonlySet<string> = new Set<string>([
  ...[ENV.fullURI, ENV.tokenFile, ENV.token, ENV.region, ENV.defaultRegion],
  ...[ENV.stsRegionalEndpoints, ENV.metadataDisabled, ENV.useDualstackEndpoint],
]);
const FIXED = 64;

/**
 * The same of the operations that these outcomes ask for: no more than one for each variable that an SDK reads, for each
 * mount that the EKS webhook wrote, and for each role that a container holds. What is ours already is not counted twice: a
 * pod that the first call made is none too large for the second.
 */
export function patchTooLarge(
  all: readonly Place[],
  containers: readonly ContainerOutcome[],
  { loopbackNoProxy, region: defaultRegion, eks }: Pick<DecideSettings, 'loopbackNoProxy' | 'region' | 'eks'>,
): string | undefined {
  const leftOf = new Map(containers.map(({ list, index, left }) => [`${list}/${index}`, left]));
  const ofOthers = all.reduce((sum, { list, index, container }) => {
    const { env, volumeMounts } = container;
    const left = new Set(leftOf.get(`${list}/${index}`) ?? stripEks(container, eks, defaultRegion, true));
    const variables = (env ?? []).filter((variable) => isForeign(variable) || !left.has(variable)).length;
    const mounts = (volumeMounts ?? []).filter(({ name }) => isReplaced(name, eks)).length;
    return sum + variables + mounts + (loopbackNoProxy ? noProxies(env ?? []) : 0);
  }, 0);
  const added = containers.reduce((sum, { roles }) => sum + (roles.length > 0 ? OURS + roles.length : 0), 0);
  const operations = FIXED + ofOthers + added;
  if (operations <= LIMITS.patchOperations) return undefined;
  return `its containers and their roles take ${operations} operations of a patch; the limit is ${LIMITS.patchOperations}`;
}

/** Those that are there, or both that the setting adds where there is none. */
function noProxies(env: readonly EnvVar[]): number {
  return Math.max(NO_PROXIES.length, env.filter(({ name }) => NO_PROXIES.includes(name)).length);
}

/** Whether the patch may change it: an empty one of ours' names is a user's own, and is set or taken out. */
function isForeign(variable: EnvVar): boolean {
  const { name } = variable;
  return name.startsWith('AWS_') && (!OUR_VARIABLES.has(name) || isEmpty(variable));
}

function isReplaced(volume: string, { injections }: EksWebhook): boolean {
  return injections.some((injection) => injection.volume === volume);
}

function lengthOf(value: unknown): number {
  return listOf(value).length;
}

function textLength(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}
