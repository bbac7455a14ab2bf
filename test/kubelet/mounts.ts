/** Which folder or file stands at which path of a container. */
import { chmod, mkdir, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { isOurVolume } from '@rolechain/kit/unmanaged/names.ts';
import type { Container, Pod, VolumeMount } from '@rolechain/kit/pod.ts';
import { inside } from './safe-files.ts';
import type { PodVolumes } from './volumes.ts';

export interface Mount {
  readonly source: string;
  /** Absolute, without a slash at its end. */
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Mounts {
  /** Outer targets before those within them. */
  readonly mounts: readonly Mount[];
  /** What was left out: sentences to be printed. */
  readonly notes: readonly string[];
}

/**
 * The container's mounts of volumes that were made. A `subPath` that is absent is made as a folder of its
 * volume's mode, as a kubelet does.
 *
 * Outside of /run and /var/run only our own volumes and tokens are mounted: a program runs on this machine's
 * files, not on an image's, and somebody's empty `/data` or `/etc` must not hide them.
 */
export async function containerMounts(pod: Pod, container: Container, volumes: PodVolumes): Promise<Mounts> {
  const mounts: Mount[] = [];
  const notes: string[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const reason = leftOut(pod, mount, volumes);
    if (reason === undefined) mounts.push(await toMount(mount, volumes));
    else notes.push(`container ${container.name}: the mount at ${mount.mountPath} is left out: ${reason}`);
  }
  return { mounts: mounts.toSorted((a, b) => a.target.length - b.target.length), notes };
}

/** True for a path in the folder that every Linux keeps for running programs, by either of its names. */
export function isBelowRun(path: string): boolean {
  return /^(?:\/var)?\/run\/./.test(posix.normalize(path));
}

function leftOut(pod: Pod, mount: VolumeMount, volumes: PodVolumes): string | undefined {
  if (!volumes.paths.has(mount.name)) return `its volume ${mount.name} was not made`;
  if (mount.subPathExpr) return 'subPathExpr is not known here';
  if (isBelowRun(mount.mountPath) || isOurVolume(mount.name) || isToken(pod, mount.name)) return undefined;
  return `${mount.name} is a volume of the workload's own`;
}

function isToken(pod: Pod, name: string): boolean {
  const volume = pod.spec.volumes?.find((candidate) => candidate.name === name);
  return (volume?.projected?.sources ?? []).some((source) => source.serviceAccountToken);
}

async function toMount({ name, mountPath, subPath, readOnly }: VolumeMount, volumes: PodVolumes): Promise<Mount> {
  const volume = volumes.paths.get(name) ?? '';
  const source = subPath ? inside(volume, subPath) : volume;
  if (subPath) await makeSubPath(volume, subPath);
  return { source, target: posix.resolve('/', mountPath), readOnly: readOnly === true };
}

async function makeSubPath(volume: string, subPath: string): Promise<void> {
  const { mode } = await stat(volume);
  let path = volume;
  for (const step of subPath.split('/').filter((part) => part !== '' && part !== '.')) {
    path = posix.join(path, step);
    if (await exists(path)) continue;
    await mkdir(path);
    await chmod(path, mode & 0o7777);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
