/**
 * What in a pod is ours already, and what only bears a name of ours. A pod comes in twice by
 * re-invocation, and a third time as the copy that somebody makes of it.
 */
import {
  AUDIENCE,
  ENV,
  PATHS,
  SIDECAR,
  credentialsPath,
  externalIDFile,
  parseSidecarConfig,
  tokenFolder,
  type SidecarConfig,
} from '@rolechain/shared';
import { places, type Container, type EnvVar, type Place, type Pod, type Volume, type VolumeMount } from './pod.ts';
import { same } from './same-by-api.ts';
import { endsBeforeTokens } from './velero.ts';

/** What the volume of `serviceAccount` holds, as in the API's own token volume (KEP-1205). */
export const API_ACCESS = { token: 'token', configMap: 'kube-root-ca.crt', ca: 'ca.crt' } as const;

export interface InjectedState {
  /** The sidecar's place among the init containers, and its configuration. */
  readonly sidecar?: { readonly index: number; readonly container: Container; readonly config: SidecarConfig };
  /** Sentences that name what bears our name without being ours. */
  readonly nameCollisions: readonly string[];
}

/** Looks through the pod for our names. */
export function findInjected(pod: Pod, all: readonly Place[] = places(pod)): InjectedState {
  const nameCollisions: string[] = [];
  const [first, ...more] = all.filter(({ container }) => container.name === SIDECAR.name);
  // One alone is read: a second one is taken, whatever is in it.
  const config = first?.list === 'initContainers' ? configOf(first.container) : undefined;
  const sidecar = first && config ? { index: first.index, container: first.container, config } : undefined;
  for (const { list, index } of [...(first && !sidecar ? [first] : []), ...more]) {
    nameCollisions.push(`the container ${list}[${index}] is named ${SIDECAR.name}`);
  }
  for (const { list, index, container } of all) {
    if (container.name === SIDECAR.name) continue;
    const mounts = foreignMounts(container);
    const isKept = mounts.length > 0 && sidecar && endsBeforeTokens(container, list, index, sidecar);
    const theirs = isKept ? mounts.filter(({ name }) => name !== SIDECAR.tokenVolume) : mounts;
    nameCollisions.push(...theirs.map(({ name }) => mountTaken(container, name)));
  }
  // Added later through a subresource that no webhook of ours sees; a copy of such a pod may bring them.
  for (const [index, container] of (pod.spec.ephemeralContainers ?? []).entries()) {
    if (container.name === SIDECAR.name)
      nameCollisions.push(`the container ephemeralContainers[${index}] is named ${SIDECAR.name}`);
    else nameCollisions.push(...foreignMounts(container).map(({ name }) => mountTaken(container, name)));
  }
  for (const volume of pod.spec.volumes ?? []) {
    if (hasOurName(volume.name) && !isOurVolume(volume))
      nameCollisions.push(`the volume ${volume.name} is not rolechain's`);
  }
  return sidecar ? { sidecar, nameCollisions } : { nameCollisions };
}

export function hasOurName(volume: string): boolean {
  return volume === SIDECAR.tokenVolume || volume.startsWith(SIDECAR.volumePrefix);
}

/** True when a volume of ours (findInjected) is the wanted one. */
export function isSameVolume(volume: Volume, wanted: Volume): boolean {
  return (
    volume.name === wanted.name &&
    same('EmptyDirVolumeSource', volume.emptyDir, wanted.emptyDir) &&
    same('ProjectedVolumeSource', volume.projected, wanted.projected)
  );
}

/** True for a variable that leads to the sidecar as it was or, on `port`, will be: its URL, a token file, a token. */
export function ownVariables({ sidecar }: Pick<InjectedState, 'sidecar'>, port?: number): IsInjected {
  const ports = [port, sidecar?.config.ports.credentials].filter((p) => p !== undefined);
  const prefixes = ports.map((p) => `http://127.0.0.1:${p}${credentialsPath('')}`);
  const tokens = new Set(Object.values(sidecar?.config.roles ?? {}).flatMap(({ token }) => token ?? []));
  return ({ name, value, valueFrom }) => {
    if (valueFrom || typeof value !== 'string') return false;
    if (name === ENV.fullURI) return prefixes.some((prefix) => value.startsWith(prefix));
    if (name === ENV.token) return tokens.has(value);
    return name === ENV.tokenFile && value.startsWith(`${PATHS.tokens}/`);
  };
}

/** The mount of one role's token into a container that holds the role. */
export function tokenMount(role: string): VolumeMount {
  return { name: SIDECAR.tokenVolume, mountPath: tokenFolder(role), subPath: role, readOnly: true };
}

function configOf(container: Container): SidecarConfig | undefined {
  const [variable, ...more] = container.env?.filter(({ name }) => name === ENV.config) ?? [];
  // Of two the kubelet takes the last; we write one.
  if (typeof variable?.value !== 'string' || more.length > 0) return undefined;
  const parsed = parseSidecarConfig(variable.value);
  return parsed.ok ? parsed.value : undefined;
}

function foreignMounts(container: Container): VolumeMount[] {
  return (container.volumeMounts ?? []).filter((mount) => hasOurName(mount.name) && !isRoleMount(mount));
}

/** In the form of those that we write, of whichever role. */
export function isRoleMount({ name, subPath, readOnly }: VolumeMount): boolean {
  return name === SIDECAR.tokenVolume && !!subPath && readOnly === true;
}

function mountTaken(container: Container, volume: string): string {
  return `the container ${container.name} mounts the volume ${volume}`;
}

function isOurVolume(volume: Volume): boolean {
  const { name, ...source } = volume;
  if (Object.keys(source).length !== 1) return false;
  if (name === SIDECAR.tokenVolume) return typeof source.emptyDir === 'object' && source.emptyDir !== null;
  const projected = source.projected as { sources?: unknown } | null | undefined;
  if (typeof projected !== 'object' || !Array.isArray(projected?.sources)) return false;
  const isSource = SOURCES[name];
  return isSource !== undefined && projected.sources.every(isSource);
}

/** What each projected volume of ours may hold: only the sources that we write. */
const SOURCES: Readonly<Record<string, (source: unknown) => boolean>> = {
  [SIDECAR.baseIdentityVolume]: isTokenSource,
  [SIDECAR.environmentVolume]: isSecretSource,
  [SIDECAR.externalIDsVolume]: isExternalIDSource,
  [SIDECAR.apiAccessVolume]: isApiAccessSource,
};

function isTokenSource(source: unknown): boolean {
  const token = onlyMember(source, 'serviceAccountToken') as { path?: unknown; audience?: unknown } | undefined;
  if (token?.path === PATHS.podIdentityToken) return token.audience === AUDIENCE.podIdentity;
  return token?.path === PATHS.irsaToken;
}

function isSecretSource(source: unknown): boolean {
  return onlyMember(source, 'secret') !== undefined;
}

/** One key of a Secret, under the path that the sidecar reads. */
function isExternalIDSource(source: unknown): boolean {
  const secret = onlyMember(source, 'secret') as { name?: unknown; items?: unknown } | undefined;
  if (typeof secret?.name !== 'string' || !Array.isArray(secret.items)) return false;
  const { name } = secret;
  return secret.items.every((item: { key?: unknown; path?: unknown } | null) => {
    return typeof item?.key === 'string' && item.path === externalIDFile({ name, key: item.key });
  });
}

/** The API's own token, without an audience, and the cluster's CA. */
function isApiAccessSource(source: unknown): boolean {
  const token = onlyMember(source, 'serviceAccountToken') as { path?: unknown; audience?: unknown } | undefined;
  if (token) return token.path === API_ACCESS.token && (token.audience ?? '') === '';
  const ca = onlyMember(source, 'configMap') as { name?: unknown } | undefined;
  return ca?.name === API_ACCESS.configMap;
}

function onlyMember(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== key) return undefined;
  return (value as Record<string, unknown>)[key] ?? undefined;
}

/** A variable that we wrote, on this call or an earlier one: its value points at the sidecar, or at our token. */
export type IsInjected = (variable: EnvVar) => boolean;
