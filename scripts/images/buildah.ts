/** buildah and mmdebstrap as functions. Their storage is in CACHE, apart from the machine's own. */
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { CACHE } from '../../test/node/places.ts';
import { run, tryRun } from '../../test/node/run.ts';

export interface Build {
  readonly context: string;
  readonly dockerfile: string;
  /** Name and tag of the result. */
  readonly image: string;
  readonly args?: Readonly<Record<string, string>>;
  /** Absent: this machine's. */
  readonly architecture?: Architecture;
  readonly labels?: Readonly<Record<string, string>>;
  /** A folder of this machine that RUN sees as /cache. */
  readonly cache?: string;
  /** Seconds since 1970: the time of each file and of the image. Default 0. */
  readonly timestamp?: number;
  /** Nothing is taken from an earlier build. */
  readonly isFresh?: boolean;
  /** Bases come from their registries; otherwise they are here. */
  readonly pulls?: boolean;
}

export async function buildImage(build: Build): Promise<void> {
  const { context, dockerfile, image, args = {}, architecture, labels = {}, cache, timestamp = 0 } = build;
  await buildah(
    // Layers are kept until pruneImages: Dockerfiles that begin alike share what they begin with. Without, an image has one.
    ...[
      'build',
      '--layers',
      '--isolation=chroot',
      `--timestamp=${timestamp}`,
      ...(build.isFresh ? ['--no-cache'] : []),
    ],
    // The label would name buildah's version, which is no property of the image.
    ...[build.pulls ? '--pull' : '--pull-never', '--identity-label=false'],
    ...[`--tag=${image}`, `--file=${dockerfile}`],
    ...(architecture === undefined ? [] : [`--platform=linux/${architecture}`]),
    ...Object.entries(args).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...Object.entries(labels).map(([name, value]) => `--label=${name}=${value}`),
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

/** Writes an image to an OCI archive. */
export async function saveOCI(image: string, archive: string): Promise<void> {
  await buildah('push', '--quiet', '--format=oci', image, `oci-archive:${archive}`);
}

/** The files of Debian packages and of what these depend on, unconfigured, in a tar file. */
export async function extractPackages(
  packages: readonly string[],
  architecture: Architecture,
  tar: string,
): Promise<void> {
  const wanted = [`--architectures=${architecture}`, `--include=${packages.join(',')}`];
  await run('mmdebstrap', ['--variant=extract', ...wanted, 'bookworm', tar], { timeoutMs: 600_000 });
}

async function buildah(...args: readonly string[]): Promise<void> {
  await run('unshare', inOwnMounts(...args), { timeoutMs: 3_600_000 });
}

/** A mount namespace for each command: buildah leaves its storage mounted on itself. */
function inOwnMounts(...args: readonly string[]): string[] {
  const storage = ['--root', join(CACHE, 'buildah', 'root'), '--runroot', join(CACHE, 'buildah', 'run')];
  return ['--mount', 'buildah', ...storage, ...args];
}
