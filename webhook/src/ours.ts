/**
 * What in a pod is ours already, and what only bears a name of ours. A pod comes in twice by
 * re-invocation, and a third time as the copy that a backup tool restores.
 */
import { AUDIENCE, ENV, PATHS, SIDECAR, credentialsPath, parseSidecarConfig, tokenFolder } from '@rolechain/shared';
import type { SidecarConfig } from '@rolechain/shared';
import { places, type Container, type EnvVar, type Pod, type Volume, type VolumeMount } from './pod.ts';

export interface Ours {
  /** The sidecar's place among the init containers, and its configuration. */
  readonly sidecar?: { readonly index: number; readonly container: Container; readonly config: SidecarConfig };
  /** Sentences that name what bears our name without being ours. */
  readonly taken: readonly string[];
}

/** Looks through the pod for our names. */
export function findOurs(pod: Pod): Ours {
  const taken: string[] = [];
  let sidecar: Ours['sidecar'];
  for (const { list, index, container } of places(pod)) {
    if (container.name === SIDECAR.name) {
      const config = list === 'initContainers' ? configOf(container) : undefined;
      if (config && !sidecar) sidecar = { index, container, config };
      else taken.push(`the container ${list}[${index}] is named ${SIDECAR.name}`);
    } else {
      taken.push(...foreignMounts(container));
    }
  }
  for (const volume of pod.spec.volumes ?? []) {
    if (hasOurName(volume.name) && !isOurVolume(volume)) taken.push(`the volume ${volume.name} is not rolechain's`);
  }
  return sidecar ? { sidecar, taken } : { taken };
}

export function hasOurName(volume: string): boolean {
  return volume === SIDECAR.tokenVolume || volume.startsWith(SIDECAR.volumePrefix);
}

/** True for a variable that leads to the sidecar on one of these ports, or to a token file of ours. */
export function isOurVariable(ports: readonly number[]): (variable: EnvVar) => boolean {
  const prefixes = ports.map((port) => `http://127.0.0.1:${port}${credentialsPath('')}`);
  return ({ name, value, valueFrom }) => {
    if (valueFrom || typeof value !== 'string') return false;
    if (name === ENV.fullURI) return prefixes.some((prefix) => value.startsWith(prefix));
    return name === ENV.tokenFile && value.startsWith(`${PATHS.tokens}/`);
  };
}

/** The mount of one role's token into a container that holds the role. */
export function tokenMount(role: string): VolumeMount {
  return { name: SIDECAR.tokenVolume, mountPath: tokenFolder(role), subPath: role, readOnly: true };
}

function configOf(container: Container): SidecarConfig | undefined {
  const variable = container.env?.find(({ name }) => name === ENV.config);
  const parsed = typeof variable?.value === 'string' ? parseSidecarConfig(variable.value) : undefined;
  return parsed?.ok ? parsed.value : undefined;
}

function foreignMounts(container: Container): string[] {
  return (container.volumeMounts ?? [])
    .filter(({ name }) => hasOurName(name))
    .filter((mount) => mount.name !== SIDECAR.tokenVolume || !mount.subPath || mount.readOnly !== true)
    .map(({ name }) => `the container ${container.name} mounts the volume ${name}`);
}

function isOurVolume(volume: Volume): boolean {
  const { name, ...source } = volume;
  if (Object.keys(source).length !== 1) return false;
  if (name === SIDECAR.tokenVolume) return typeof source.emptyDir === 'object' && source.emptyDir !== null;
  const projected = source.projected as { sources?: unknown } | null | undefined;
  if (typeof projected !== 'object' || !Array.isArray(projected?.sources)) return false;
  const isSource = name === SIDECAR.baseIdentityVolume ? isTokenSource : isSecretSource;
  return isKnownVolume(name) && projected.sources.every(isSource);
}

function isKnownVolume(name: string): boolean {
  return name === SIDECAR.baseIdentityVolume || name === SIDECAR.environmentVolume;
}

function isTokenSource(source: unknown): boolean {
  const token = onlyMember(source, 'serviceAccountToken') as { path?: unknown; audience?: unknown } | undefined;
  if (token?.path === PATHS.podIdentityToken) return token.audience === AUDIENCE.podIdentity;
  return token?.path === PATHS.irsaToken;
}

function isSecretSource(source: unknown): boolean {
  return onlyMember(source, 'secret') !== undefined;
}

function onlyMember(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== key) return undefined;
  return (value as Record<string, unknown>)[key] ?? undefined;
}
