/** Builds a program's image for each architecture, judges it, and builds it once more to see whether it comes out the same. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { ROOT } from '../build/root.ts';
import type { ImageName } from '../build/parts.ts';
import { HOST, type Architecture } from '../images/architecture.ts';
import { localBases, packageCache, type Bases } from '../images/bases.ts';
import { buildImage, removeImage, saveOCI } from '../images/buildah.ts';
import { withEmulator } from '../images/emulator.ts';
import {
  copyProblems,
  differences,
  labelProblems,
  labelsOf,
  layerProblems,
  modeProblems,
  sizeProblems,
  sizesOf,
  userProblems,
  type FileFacts,
  type Image,
  type Labels,
  type Sizes,
} from './image-rules.ts';
import { filesOf, readOCI, sha256Of, unpack, type OCILayout } from './oci.ts';
import { runProblems } from './run-image.ts';

export interface Built {
  readonly layout: OCILayout;
  readonly architecture: Architecture;
  readonly sizes: Sizes;
  readonly problems: readonly string[];
}

export interface Options {
  readonly labels: Labels;
  /** By digest, from their registries. Absent: made of Debian's packages. */
  readonly bases: Bases | undefined;
  /** The sidecar's image is not built again: what it holds comes from a stage that the webhook's second build repeats. */
  readonly isQuick: boolean;
  readonly log: (line: string) => void;
}

/** Layouts are written below `folder`. One sentence where images of this architecture can't be built here. */
export async function buildFor(
  program: ImageName,
  architecture: Architecture,
  folder: string,
  options: Options,
): Promise<Built | { readonly reason: string }> {
  const { log } = options;
  return withEmulator(architecture, async () => {
    const bases = options.bases ?? (await localBases(architecture, log));
    const pulls = options.bases !== undefined;
    log(`Building ${program} (${architecture}).`);
    const first = await build(program, architecture, join(folder, architecture), { ...options, bases, pulls });
    const problems = await judge(first, options.labels);
    // What is built is the same for every architecture: once is enough, and an emulator takes its time.
    if (architecture === HOST && !(options.isQuick && program === 'sidecar')) {
      log(`Building ${program} (${architecture}) again.`);
      const again = join(folder, 'again');
      const second = await build(program, architecture, again, { ...options, bases, pulls, isFresh: true });
      problems.push(...differences(first, second));
      await rm(again, { recursive: true, force: true });
    }
    return { layout: first.layout, architecture, sizes: sizesOf(first), problems };
  });
}

interface BuildOptions {
  readonly bases: Bases;
  /** The bases come from their registries. */
  readonly pulls: boolean;
  readonly labels: Labels;
  readonly isFresh?: boolean;
}

type BuiltImage = Image & { readonly layout: OCILayout };

async function build(
  program: ImageName,
  architecture: Architecture,
  folder: string,
  { bases, pulls, labels, isFresh = false }: BuildOptions,
): Promise<BuiltImage> {
  const name = `localhost/rolechain-release/${program}:${architecture}`;
  await buildImage({
    context: ROOT,
    dockerfile: join(ROOT, `Dockerfile.${program}`),
    image: name,
    architecture,
    labels: labelsOf(labels),
    timestamp: labels.timestamp,
    isFresh,
    // BuildKit sets both itself; older buildahs don't, where a FROM names them.
    args: { BUILDPLATFORM: `linux/${HOST}`, TARGETPLATFORM: `linux/${architecture}`, ...bases },
    ...(pulls ? { pulls } : { cache: await packageCache() }),
  });
  const archive = `${folder}.tar`;
  await rm(folder, { recursive: true, force: true });
  await saveOCI(name, archive);
  await removeImage(name);
  const layout = await readOCI(archive, folder);
  await rm(archive);
  const [image] = layout.images;
  if (image === undefined) throw new Error(`${name} was built, and its archive holds no image`);
  const files = await Promise.all(image.layers.map((layer) => filesOf(folder, layer)));
  return { program, architecture, image, files, layout };
}

async function judge(built: BuiltImage, labels: Labels): Promise<string[]> {
  const { program, architecture, image, layout } = built;
  const root = await mkdtemp(join(tmpdir(), 'rolechain-root-'));
  try {
    await unpack(layout.folder, image, root);
    // The image's user has to get in: mkdtemp lets nobody but root.
    await chmod(root, 0o755);
    const facts = await factsOf(root);
    return [
      ...(image.architecture === architecture ? [] : [`it says that it is for ${image.architecture}`]),
      ...labelProblems(built, labels),
      ...userProblems(built),
      ...sizeProblems(built),
      ...layerProblems(built),
      ...copyProblems(facts),
      ...modeProblems(root, facts),
      ...(await contentProblems(root, facts)),
      ...(await runProblems(root, program, image.config.User ?? '')),
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Links are not followed: they lead out of the folder, into this machine. */
export async function factsOf(root: string): Promise<FileFacts[]> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const facts: FileFacts[] = [];
  for (const { parentPath, name } of entries) {
    const full = join(parentPath, name);
    facts.push({ path: relative(root, full), bytes: lstatSync(full).size, sha256: await sha256Of(full) });
  }
  return facts;
}

/** What the image's build made is what this machine makes of the same sources: bundles, notices and SBOM. */
async function contentProblems(root: string, facts: readonly FileFacts[]): Promise<string[]> {
  const problems: string[] = [];
  for (const { path } of facts.filter((fact) => fact.path.startsWith('rolechain/'))) {
    const here = join(ROOT, 'dist', basename(path));
    if (!existsSync(here) || path.endsWith('.cache')) continue;
    const [image, own] = await Promise.all([readFile(join(root, path)), readFile(here)]);
    if (!image.equals(own)) problems.push(`/${path} is not what the build makes here (dist/${basename(path)})`);
  }
  return problems;
}
