/** Builds a release into a folder, and checks it. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../test/cluster/lock.ts';
import { prepareHelm } from '../../test/helm/prepare.ts';
import { CACHE } from '../../test/node/places.ts';
import { run } from '../../test/node/run.ts';
import { buildAll, ROOT } from '../build.ts';
import { ARCHITECTURES } from '../images/architecture.ts';
import { upstreamBases } from '../images/upstream.ts';
import { licenseProblems } from '../build/licenses.ts';
import { IMAGES, PROGRAMS, partsOf, readLockFile, type ImageName } from '../build/parts.ts';
import { ARTEFACTS, archiveName } from './artefacts.ts';
import { buildFor, type Built, type Options as BuildOptions } from './build-images.ts';
import { renderingProblems } from './chart.ts';
import { cliProblems } from './cli-package.ts';
import { folderProblems, writeChecksums } from './folder.ts';
import { writeIndex } from './oci.ts';
import { packageVersions } from './packages.ts';
import { versionProblems } from './version.ts';

export interface Options {
  readonly folder: string;
  readonly registry: string;
  readonly source: string | undefined;
  readonly tag: string | undefined;
  /** On the bases that the Dockerfiles name. */
  readonly isUpstream: boolean;
  readonly isQuick: boolean;
  readonly log: (line: string) => void;
}

/** One sentence for each thing that is wrong. */
export async function dryRun({ folder, registry, source, tag, isUpstream, isQuick, log }: Options): Promise<string[]> {
  const changes = (await git('status', '--porcelain')) !== '';
  const problems = versionProblems({ packages: packageVersions(), changelog: read('CHANGELOG.md'), tag });
  if (changes && tag !== undefined) problems.push('the work tree has changes that are not committed');
  if (problems.length > 0) return problems;
  if (changes) log('The work tree has changes that the revision in the labels does not have.');
  const helm = await prepareHelm();
  if (typeof helm !== 'string') return [`The chart cannot be packaged: ${helm.reason}`];
  // test:node drops what it takes for left over from the storage that both build in.
  const onWait = (): void => log('Another run builds images: waiting for it.');
  const options = { folder, registry, source, isUpstream, isQuick, log };
  return withLock(join(CACHE, 'run.lock'), () => buildRelease(options, helm), { onWait });
}

async function buildRelease(
  { folder, registry, source, isUpstream, isQuick, log }: Omit<Options, 'tag'>,
  helm: string,
): Promise<string[]> {
  const problems: string[] = [];
  const inputs = await buildAll();
  const lock = readLockFile();
  problems.push(...PROGRAMS.flatMap((program) => licenseProblems(partsOf(inputs[program], lock))));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const bases = isUpstream ? await upstreamBases(log) : undefined;
  const labels = {
    bases,
    revision: await git('rev-parse', 'HEAD'),
    timestamp: Number(await git('log', '-1', '--format=%ct')),
    source,
  };
  const digests = { webhook: '', sidecar: '' };
  for (const program of IMAGES) {
    const work = await mkdtemp(join(tmpdir(), 'rolechain-release-'));
    try {
      const { built, absent } = await buildAllArchitectures(program, work, { labels, bases, isQuick, log });
      problems.push(
        ...absent,
        ...built.flatMap(({ architecture, problems: found }) =>
          found.map((text) => `${program} (${architecture}): ${text}`),
        ),
      );
      const archive = join(folder, archiveName(program));
      digests[program] = await writeIndex(
        built.map(({ layout }) => layout),
        join(work, 'index'),
        archive,
      );
      for (const { architecture, sizes } of built) log(sizeLine(program, architecture, sizes));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  const release = { folder, registry, digests, timestamp: labels.timestamp, source, helm };
  for (const { write } of ARTEFACTS) await write(release);
  await writeChecksums(folder);
  problems.push(...(await folderProblems(folder, registry)), ...(await renderingProblems(helm, release)));
  problems.push(...(await cliProblems(folder, release.timestamp)));
  log(problems.length === 0 ? `${folder} holds the release, and it is sound.` : `${folder} holds what was built.`);
  return problems;
}

/** An architecture that can't be built here is no part of a dry run, and says so; with CI=true, or for a tag, it is a problem. */
async function buildAllArchitectures(
  program: ImageName,
  work: string,
  options: BuildOptions,
): Promise<{ readonly built: Built[]; readonly absent: string[] }> {
  const built: Built[] = [];
  const absent: string[] = [];
  for (const architecture of ARCHITECTURES) {
    const result = await buildFor(program, architecture, work, options);
    if (!('reason' in result)) {
      built.push(result);
      continue;
    }
    const line = `${program} (${architecture}) is not built: ${result.reason}`;
    options.log(line);
    if (process.env.CI) absent.push(line);
  }
  return { built, absent };
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
const sizeLine = (program: ImageName, architecture: string, { whole, own }: Built['sizes']): string =>
  `${program} (${architecture}): ${megabytes(whole)} compressed, of which ${megabytes(own)} are ours.`;

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

async function git(...args: readonly string[]): Promise<string> {
  return (await run('git', args, { cwd: ROOT })).trim();
}
