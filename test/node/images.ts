/**
 * Images from Dockerfiles, without Docker, registry or daemon: buildah builds them on bases of Debian packages. Each
 * is kept as a docker-archive whose name has the hash of what it was made from.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { build as bundle } from 'esbuild';
import { buildAll, ROOT } from '../../scripts/build.ts';
import { buildImage, extractPackages, hasImage, pruneImages, removeImage, saveImage } from './buildah.ts';
import { CACHE } from './places.ts';
import { run } from './run.ts';

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
/** What node is linked with. */
const RUNTIME_PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1'];
/** And what npx and pnpm call. */
const BUILD_PACKAGES = [...RUNTIME_PACKAGES, 'base-files', 'coreutils', 'dash', 'sed'];
/** What the content of ours depends on, beside the bundles and their Dockerfile. */
const SOURCES = ['.dockerignore', 'package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];

/** Builds those that aren't there: three minutes from nothing, one after a change of a program. */
export async function buildImages(pause: string, log: Log): Promise<Images> {
  await mkdir(FOLDER, { recursive: true });
  await buildAll();
  const base = await baseImage('base', RUNTIME_PACKAGES, [process.execPath], log);
  const images = {
    webhook: await ourImage('webhook', ['webhook.cjs'], base, log),
    sidecar: await ourImage(
      'sidecar',
      ['sidecar.cjs', 'sidecar-program.cjs', 'make-code-cache.cjs', 'prober.cjs'],
      base,
      log,
    ),
    app: await appImage(base, log),
    pause: await pauseImage(pause, log),
  };
  await pruneImages();
  return images;
}

/** By the Dockerfile that users build with, whole, with other bases. */
async function ourImage(name: string, bundles: readonly string[], base: string, log: Log): Promise<Image> {
  const dockerfile = join(ROOT, `Dockerfile.${name}`);
  const inputs = [...SOURCES.map((file) => join(ROOT, file)), ...bundles.map((file) => join(ROOT, 'dist', file))];
  const tag = await hashOf(base, [dockerfile, ...inputs]);
  return kept(`rolechain/${name}`, tag, log, async (image) => {
    // npm's programs are links into its folder.
    const npm = join(dirname(await realpath((await run('which', ['npm'])).trim())), '..');
    const buildBase = await baseImage('build', BUILD_PACKAGES, [process.execPath, npm], log);
    const args = { BASE_IMAGE: base, BUILD_IMAGE: buildBase };
    await buildImage({ context: ROOT, dockerfile, args, image, cache: await packageCache() });
  });
}

/** What builds see as /cache, with the CAs that this machine's Node trusts beside its own. */
async function packageCache(): Promise<string> {
  const cache = join(CACHE, 'packages');
  await mkdir(cache, { recursive: true });
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  await writeFile(join(cache, 'ca.pem'), certificates === undefined ? '' : await readFile(certificates));
  return cache;
}

async function appImage(base: string, log: Log): Promise<Image> {
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
    return kept('rolechain-test/app', await hashOf(base, [dockerfile, outfile]), log, (image) =>
      buildImage({ context, dockerfile, args: { BASE_IMAGE: base }, image }),
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

/** `<name>.Dockerfile` over Debian packages and files of this machine. Returns its name in buildah's storage. */
async function baseImage(
  name: string,
  packages: readonly string[],
  files: readonly string[],
  log: Log,
): Promise<string> {
  const dockerfile = join(DOCKERFILES, `${name}.Dockerfile`);
  const tag = await hashOf(`${process.version} ${packages.join(' ')}`, [dockerfile]);
  const image = `localhost/rolechain-test/${name}:${tag}`;
  if (await hasImage(image)) return image;
  log(`Building ${image} of Debian packages.`);
  await withContext(files, async (context) => {
    await extractPackages(packages, join(context, 'packages.tar'));
    await buildImage({ context, dockerfile, image });
  });
  return image;
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

/** A folder with copies of these files and folders, for a build. */
async function withContext<T>(files: readonly string[], work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-image-'));
  try {
    for (const file of files) await cp(file, join(folder, basename(file)), { recursive: true });
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function hashOf(text: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(text);
  for (const file of files) hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}
