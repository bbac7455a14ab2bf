/** Makes a pod's volumes in a temp folder, as far as they can be had without a node. */
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod, Volume } from '@rolechain/kit/pod.ts';
import { projectedFiles, type ProjectedFile, type ProjectionOptions } from './projected.ts';
import { inside, writeAtomically } from './safe-files.ts';

export interface VolumeOptions extends ProjectionOptions {
  /** Where the pod's folder is made; default: the system's folder for temporary files. */
  readonly parent?: string;
}

export interface PodVolumes {
  /** Holds everything; only this user may enter it. */
  readonly folder: string;
  /** Folder of each volume that was made, by the volume's name. */
  readonly paths: ReadonlyMap<string, string>;
  /** What could not be made: sentences to be printed. */
  readonly notes: readonly string[];
  /**
   * Asks for tokens and Secrets again, and replaces the files, as a kubelet does from time to time. Files
   * whose source is gone are removed.
   */
  refresh(): Promise<void>;
  /** Removes the folder. The end of this process does so too. */
  remove(): Promise<void>;
}

/** What is still to be removed. One listener for all: Node warns of more than ten. */
const folders = new Set<string>();

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/**
 * Makes each `emptyDir` (as a folder, whatever its medium) and each `projected` volume. Other kinds are left
 * out with a note.
 *
 * @throws Error where a kubelet would wait for ever: a Secret that is required and absent.
 */
export async function makeVolumes(pod: Pod, options: VolumeOptions = {}): Promise<PodVolumes> {
  const folder = await mkdtemp(join(options.parent ?? tmpdir(), 'rolechain-pod-'));
  if (folders.size === 0) process.once('exit', removeAll);
  folders.add(folder);
  const remove = async () => {
    await rm(folder, { recursive: true, force: true });
    folders.delete(folder);
    if (folders.size === 0) process.removeListener('exit', removeAll);
  };
  const paths = new Map<string, string>();
  const notes: string[] = [];
  const projections: Projection[] = [];
  try {
    for (const volume of pod.spec.volumes ?? []) {
      const path = inside(join(folder, 'volumes'), volume.name);
      const projection = await makeVolume(pod, volume, path, options, notes);
      if (projection === 'unknown') notes.push(unknownKind(volume));
      else paths.set(volume.name, path);
      if (typeof projection === 'object') projections.push(projection);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    folder,
    paths,
    notes,
    refresh: async () => {
      for (const projection of projections) await projection.refresh();
    },
    remove,
  };
}

interface Projection {
  refresh(): Promise<void>;
}

async function makeVolume(
  pod: Pod,
  volume: Volume,
  path: string,
  options: ProjectionOptions,
  notes: string[],
): Promise<Projection | 'folder' | 'unknown'> {
  const { projected } = volume;
  if (!volume.emptyDir && !projected) return 'unknown';
  await mkdir(path, { recursive: true });
  // Not as mkdir's mode, which the umask would narrow. 0777: k8s.io/kubernetes pkg/volume/emptydir.
  await chmod(path, 0o777);
  if (!projected) return 'folder';
  let written: readonly ProjectedFile[] = [];
  const write = async (said: string[]) => {
    const files = await projectedFiles(pod, volume.name, projected, options, said);
    for (const file of files) await writeAtomically(inside(path, file.path), file.data, file.mode);
    const kept = new Set(files.map((file) => file.path));
    for (const file of written) if (!kept.has(file.path)) await rm(inside(path, file.path), { force: true });
    written = files;
  };
  await write(notes);
  return { refresh: () => write([]) };
}

function unknownKind(volume: Volume): string {
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'no kind';
  return `volume ${volume.name}: ${kind} is not made here; left out`;
}
