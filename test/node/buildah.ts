/** buildah and mmdebstrap as functions. Their storage is in CACHE, apart from the machine's own. */
import { join } from 'node:path';
import { CACHE } from './places.ts';
import { run, tryRun } from './run.ts';

export interface Build {
  readonly context: string;
  readonly dockerfile: string;
  /** Name and tag of the result. */
  readonly image: string;
  readonly args?: Readonly<Record<string, string>>;
  /** A folder of this machine that RUN sees as /cache. */
  readonly cache?: string;
}

export async function buildImage({ context, dockerfile, image, args = {}, cache }: Build): Promise<void> {
  await buildah(
    // Layers are kept until pruneImages: Dockerfiles that begin alike share what they begin with.
    ...['build', '--layers', '--isolation=chroot', '--pull-never', '--timestamp=0'],
    ...[`--tag=${image}`, `--file=${dockerfile}`],
    ...Object.entries(args).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...(cache === undefined ? [] : [`--volume=${cache}:/cache`]),
    context,
  );
}

export async function hasImage(image: string): Promise<boolean> {
  const { code } = await tryRun('unshare', inOwnMounts('inspect', '--type=image', image));
  return code === 0;
}

/** Writes an image to a docker-archive, under its name. */
export async function saveImage(image: string, archive: string): Promise<void> {
  await buildah('push', '--quiet', image, `docker-archive:${archive}:${image}`);
}

/** Drops layers that no named image has. */
export async function pruneImages(): Promise<void> {
  await buildah('rmi', '--prune', '--force');
}

export async function removeImage(image: string): Promise<void> {
  await buildah('rmi', image);
}

/** The files of Debian packages and of what these depend on, unconfigured, in a tar file. */
export async function extractPackages(packages: readonly string[], tar: string): Promise<void> {
  await run('mmdebstrap', ['--variant=extract', `--include=${packages.join(',')}`, 'bookworm', tar], {
    timeoutMs: 600_000,
  });
}

async function buildah(...args: readonly string[]): Promise<void> {
  await run('unshare', inOwnMounts(...args), { timeoutMs: 900_000 });
}

/** A mount namespace for each command: buildah leaves its storage mounted on itself. */
function inOwnMounts(...args: readonly string[]): string[] {
  const storage = ['--root', join(CACHE, 'buildah', 'root'), '--runroot', join(CACHE, 'buildah', 'run')];
  return ['--mount', 'buildah', ...storage, ...args];
}
