/**
 * The environment of a container that holds a role: what the EKS webhook wrote goes, what contradicts
 * is named, what is ours is set. Pure; every function gives a new list and leaves its input.
 */
import { EKS_INJECTIONS, ENV, type ReasonCode } from '@rolechain/shared';
import type { EnvVar } from './pod.ts';

export interface EnvConflict {
  readonly reason: ReasonCode;
  readonly name: string;
}

/** What a container that holds a role is given. */
export interface WantedEnv {
  readonly uri: string;
  readonly tokenFile: string;
  /** `authorization-token: env`. */
  readonly token?: string | undefined;
  readonly region: string;
  /** For every service that the container calls. */
  readonly useDualstackEndpoint: boolean;
}

const CONFLICTS: readonly (readonly [string, ReasonCode])[] = [
  [ENV.accessKeyID, 'StaticKeys'],
  [ENV.secretAccessKey, 'StaticKeys'],
  [ENV.roleARN, 'OwnWebIdentity'],
  [ENV.webIdentityTokenFile, 'OwnWebIdentity'],
  [ENV.fullURI, 'OwnContainerCredentials'],
  [ENV.relativeURI, 'OwnContainerCredentials'],
  [ENV.tokenFile, 'OwnContainerCredentials'],
  [ENV.token, 'OwnContainerCredentials'],
];

/**
 * The variables without what the EKS webhook appended: its pair, known by its token path, and the pair
 * of Regions that stands directly before it in the order in which the webhook writes them, both
 * literal and equal to its default Region (handler.go, addEnvToContainer).
 */
export function stripEks(env: readonly EnvVar[], defaultRegion: string): readonly EnvVar[] {
  let rest = env;
  for (const { pair, tokenPath } of EKS_INJECTIONS) {
    const token = rest.findIndex((variable) => isLiteral(variable, pair[1], tokenPath));
    const other = rest.findIndex(({ name }) => name === pair[0]);
    if (token < 0 || other < 0) continue;
    const gone = new Set([token, other]);
    if (other === token - 1 && regionsEndAt(rest, other, defaultRegion)) gone.add(other - 1).add(other - 2);
    rest = rest.filter((_, index) => !gone.has(index));
  }
  return rest;
}

function regionsEndAt(env: readonly EnvVar[], end: number, region: string): boolean {
  return isLiteral(env[end - 2], ENV.defaultRegion, region) && isLiteral(env[end - 1], ENV.region, region);
}

function isLiteral(variable: EnvVar | undefined, name: string, value: string): boolean {
  return variable?.name === name && variable.value === value && !variable.valueFrom;
}

/** A variable that we wrote, on this call or an earlier one: its value points at the sidecar, or at our token. */
export type IsOurs = (variable: EnvVar) => boolean;

/** The variables by which an SDK would pass the sidecar by. `env` is stripped of the EKS webhook's. */
export function envConflicts(env: readonly EnvVar[], isOurs: IsOurs): EnvConflict[] {
  return CONFLICTS.filter(([name]) => env.some((variable) => variable.name === name && !isOurs(variable))).map(
    ([name, reason]) => ({ reason, name }),
  );
}

/**
 * The variables with ours set: in their place where they stand already, else behind the others. A token that is
 * not wanted any more goes; a user's own would have been a conflict.
 */
export function setEnv(env: readonly EnvVar[], wanted: WantedEnv, hasEnvFrom: boolean): readonly EnvVar[] {
  const has = (name: string): boolean => env.some((variable) => variable.name === name);
  const set: EnvVar[] = [
    { name: ENV.fullURI, value: wanted.uri },
    { name: ENV.tokenFile, value: wanted.tokenFile },
    ...(wanted.token === undefined ? [] : [{ name: ENV.token, value: wanted.token }]),
  ];
  // The two together or not at all: CLI v1 reads only one of them, and a ConfigMap in envFrom may have either.
  const regions = !has(ENV.region) && !has(ENV.defaultRegion) && !hasEnvFrom;
  const defaults: EnvVar[] = [
    ...(regions ? [ENV.region, ENV.defaultRegion].map((name) => ({ name, value: wanted.region })) : []),
    ...(has(ENV.stsRegionalEndpoints) ? [] : [{ name: ENV.stsRegionalEndpoints, value: 'regional' }]),
    ...(has(ENV.metadataDisabled) ? [] : [{ name: ENV.metadataDisabled, value: 'true' }]),
    // Also beside an envFrom: without it nothing of AWS is in reach where there is no IPv4.
    ...(has(ENV.useDualstackEndpoint) || !wanted.useDualstackEndpoint
      ? []
      : [{ name: ENV.useDualstackEndpoint, value: 'true' }]),
  ];
  const stays = wanted.token === undefined ? env.filter(({ name }) => name !== ENV.token) : env;
  const kept = stays.map((variable) => {
    const ours = set.find(({ name }) => name === variable.name);
    return ours && (variable.value !== ours.value || variable.valueFrom) ? ours : variable;
  });
  return [...kept, ...set.filter(({ name }) => !has(name)), ...defaults];
}

/** The variables without ours that lead to the sidecar: for a container that holds no role any more. */
export function unsetEnv(env: readonly EnvVar[], isOurs: IsOurs): readonly EnvVar[] {
  const leading: readonly string[] = [ENV.fullURI, ENV.tokenFile, ENV.token];
  return env.filter((variable) => !(leading.includes(variable.name) && isOurs(variable)));
}
