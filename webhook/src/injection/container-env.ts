/**
 * The environment of a container that holds a role: what the EKS webhook wrote goes, what is ours is set. Pure; every
 * function gives a new list and leaves its input. What contradicts: policy/static-keys.ts.
 */
import { ENV, type EksWebhook } from '@rolechain/shared';
import { isEmpty, type Container, type EnvVar } from '../objects/pod.ts';
import type { IsInjected } from '../objects/injected-state.ts';

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

/**
 * The variables without what the EKS webhook appended: its pair, known by its token path, and what stands directly before
 * it in the order in which the webhook writes it (handler.go, addEnvToContainer): the pair of Regions, both literal and
 * equal to its default Region, which is any where the container's role has a Region of its own; before that
 * AWS_STS_REGIONAL_ENDPOINTS=regional, so that ours stands in the same place in every order. An empty variable of the pair
 * keeps the webhook from writing the pair, not from the rest: it stands at the end then.
 */
export function stripEks(
  container: Pick<Container, 'env' | 'envFrom'>,
  { injections }: EksWebhook,
  defaultRegion: string,
  hasOwnRegion = false,
): readonly EnvVar[] {
  let rest: readonly EnvVar[] = container.env ?? [];
  for (const { pair, tokenPath } of injections) {
    const token = rest.findIndex((variable) => isLiteral(variable, pair[1], tokenPath));
    const other = rest.findIndex(({ name }) => name === pair[0]);
    const isWritten = token >= 0 && other >= 0;
    const isKeptOut = rest.some((variable) => pair.includes(variable.name) && isEmpty(variable));
    if (!isWritten && !isKeptOut) continue;
    const gone = new Set(isWritten ? [token, other] : []);
    if (!isWritten || other === token - 1) {
      let start = isWritten ? other : rest.length;
      const region = isWritten && hasOwnRegion ? rest[start - 1]?.value : defaultRegion;
      if (regionsEndAt(rest, start, region)) gone.add(--start).add(--start);
      const before = start - 1;
      if (isLiteral(rest[before], ENV.stsRegionalEndpoints, 'regional')) gone.add(before);
    }
    rest = rest.filter((_, index) => !gone.has(index));
  }
  return rest;
}

function regionsEndAt(env: readonly EnvVar[], end: number, region: string | null | undefined): boolean {
  if (!region) return false;
  return isLiteral(env[end - 2], ENV.defaultRegion, region) && isLiteral(env[end - 1], ENV.region, region);
}

function isLiteral(variable: EnvVar | undefined, name: string, value: string): boolean {
  return variable?.name === name && variable.value === value && !variable.valueFrom;
}

/**
 * The variables with ours set: in their place where they stand already, else behind the others. A token that is
 * not wanted any more goes; a user's own would have been a conflict.
 */
export function setEnv(env: readonly EnvVar[], wanted: WantedEnv, besideEnvFrom: boolean): readonly EnvVar[] {
  const has = (name: string): boolean => env.some((variable) => variable.name === name);
  const set: EnvVar[] = [
    { name: ENV.fullURI, value: wanted.uri },
    { name: ENV.tokenFile, value: wanted.tokenFile },
    ...(wanted.token === undefined ? [] : [{ name: ENV.token, value: wanted.token }]),
  ];
  // The two together or not at all: CLI v1 reads only one of them, and a ConfigMap in envFrom may have either.
  const regions = !has(ENV.region) && !has(ENV.defaultRegion) && !besideEnvFrom;
  const defaults: EnvVar[] = [
    ...(regions ? [ENV.region, ENV.defaultRegion].map((name) => ({ name, value: wanted.region })) : []),
    // A ConfigMap may have this one, too. It may have the next: without ours, SDKs would fall back to the node's role.
    ...(has(ENV.stsRegionalEndpoints) || besideEnvFrom ? [] : [{ name: ENV.stsRegionalEndpoints, value: 'regional' }]),
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
export function unsetEnv(env: readonly EnvVar[], isOurs: IsInjected): readonly EnvVar[] {
  const leading: readonly string[] = [ENV.fullURI, ENV.tokenFile, ENV.token];
  return env.filter((variable) => !(leading.includes(variable.name) && isOurs(variable)));
}
