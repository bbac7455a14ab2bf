/**
 * Images from Dockerfiles, without Docker, registry or daemon: buildah builds them on the bases of scripts/images. Each
 * is kept as a docker-archive whose name has the hash of what it was made from.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build as bundle } from 'esbuild';
import { buildAll, ROOT } from '../../scripts/build.ts';
import { noticesFile } from '../../scripts/build/contents.ts';
import type { ImageName } from '../../scripts/build/parts.ts';
import { HOST } from '../../scripts/images/architecture.ts';
import { localBases, packageCache, withContext, type Bases } from '../../scripts/images/bases.ts';
import { buildImage, pruneImages, removeImage, saveImage } from '../../scripts/images/buildah.ts';
import { CACHE } from './places.ts';

export interface Image {
  /** As pods name it. */
  readonly name: string;
  /** docker-archive. */
  readonly archive: string;
}

export interface Images {
  readonly webhook: Image;
  readonly sidecar: Image;
  readonly app: Image;
  readonly pause: Image;
}

type Log = (line: string) => void;

const FOLDER = join(CACHE, 'images');
const DOCKERFILES = join(import.meta.dirname, 'images');
/** What the content of ours depends on, beside the bundles and their Dockerfile. */
const SOURCES = ['.dockerignore', 'package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];

/** Builds those that aren't there: three minutes from nothing, one after a change of a program. */
export async function buildImages(pause: string, log: Log): Promise<Images> {
  await mkdir(FOLDER, { recursive: true });
  await buildAll();
  const bases = await localBases(HOST, log);
  const images = {
    webhook: await ourImage('webhook', [], bases, log),
    sidecar: await ourImage('sidecar', ['prober.cjs'], bases, log),
    app: await appImage(bases, log),
    pause: await pauseImage(pause, log),
  };
  await pruneImages();
  return images;
}

/** By the Dockerfile that users build with, whole, with other bases. */
async function ourImage(name: ImageName, also: readonly string[], bases: Bases, log: Log): Promise<Image> {
  const built = [`${name}.cjs`, `${name}-program.cjs`, `make-${name}-code-cache.cjs`, noticesFile(name), ...also];
  const dockerfile = join(ROOT, `Dockerfile.${name}`);
  const inputs = [...SOURCES.map((file) => join(ROOT, file)), ...built.map((file) => join(ROOT, 'dist', file))];
  const tag = await hashOf(Object.values(bases).join(' '), [dockerfile, ...inputs]);
  return kept(`rolechain/${name}`, tag, log, async (image) =>
    buildImage({ context: ROOT, dockerfile, args: { ...bases }, image, cache: await packageCache() }),
  );
}

async function appImage({ BASE_IMAGE, NODE_IMAGE }: Bases, log: Log): Promise<Image> {
  return withContext([], async (context) => {
    const outfile = join(context, 'app.cjs');
    const entry = join(import.meta.dirname, 'app', 'main.ts');
    await bundle({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node24',
      logLevel: 'warning',
    });
    const dockerfile = join(DOCKERFILES, 'app.Dockerfile');
    return kept(
      'rolechain-test/app',
      await hashOf(`${BASE_IMAGE} ${NODE_IMAGE}`, [dockerfile, outfile]),
      log,
      (image) => buildImage({ context, dockerfile, args: { BASE_IMAGE, NODE_IMAGE }, image }),
    );
  });
}

async function pauseImage(program: string, log: Log): Promise<Image> {
  return withContext([program], async (context) => {
    const dockerfile = join(DOCKERFILES, 'pause.Dockerfile');
    return kept('rolechain-test/pause', await hashOf('', [dockerfile, program]), log, (image) =>
      buildImage({ context, dockerfile, image }),
    );
  });
}

/** The archive of that name and tag; made by `make` where it isn't there yet, in place of older ones. */
async function kept(name: string, tag: string, log: Log, make: (image: string) => Promise<void>): Promise<Image> {
  const image = `localhost/${name}:${tag}`;
  const prefix = `${name.replace('/', '-')}-`;
  const archive = join(FOLDER, `${prefix}${tag}.tar`);
  if (existsSync(archive)) return { name: image, archive };
  log(`Building ${image}.`);
  await make(image);
  for (const old of await readdir(FOLDER)) if (old.startsWith(prefix)) await rm(join(FOLDER, old));
  // Not half an archive under this name when it is interrupted.
  await saveImage(image, `${archive}.part`);
  await rename(`${archive}.part`, archive);
  await removeImage(image);
  return { name: image, archive };
}

async function hashOf(text: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(text);
  for (const file of files) hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}
