/** The command line of a release: an npm package without dependencies, and what krew installs it by. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { VERSION } from '@rolechain/shared';
import { stringify } from 'yaml';
import { run, tryRun } from '../../test/node/run.ts';
import { CLI_NODE, CLI_PROGRAM, buildCLI } from '../build/cli.ts';
import { ROOT } from '../build/root.ts';
import { sha256Of } from './oci.ts';

/** As `npm pack` calls it. The chart has the name without `cli`. */
export const CLI_PACKAGE = `rolechain-cli-${VERSION}.tgz`;
export const KREW_MANIFEST = 'krew.yaml';
/** npm takes whatever folder comes first; this is the one that `npm pack` writes. */
const PREFIX = 'package';

/** In the place of the repository's URL where none is given. */
const NO_SOURCE = 'https://source.example/rolechain';

/** Writes `file`, which is the same whenever it is written. `dist`: where the package was built. `timestamp`: seconds since 1970. */
export async function packCLI(file: string, timestamp: number, dist = join(ROOT, 'dist')): Promise<void> {
  const package_ = join(dist, 'cli');
  const work = await mkdtemp(join(tmpdir(), 'rolechain-pack-'));
  try {
    const archive = join(work, 'package.tar');
    const same = ['--sort=name', `--mtime=@${timestamp}`, '--owner=0', '--group=0', '--numeric-owner'];
    const modes = ['--mode=u=rwX,go=rX', '--format=ustar', `--transform=s,^,${PREFIX}/,`];
    const names = readdirSync(package_).toSorted();
    await run('tar', ['--create', ...same, ...modes, `--file=${archive}`, `--directory=${package_}`, ...names]);
    // zlib writes no time, where the program gzip may.
    writeFileSync(file, gzipSync(readFileSync(archive), { level: 9 }));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Writes the plugin's manifest for the package in `folder`. krew links `kubectl-rolechain` to the program, whose first line names
 * node: Windows has no such line, and krew wants an .exe there.
 */
export async function writeKrewManifest(folder: string, source: string = NO_SOURCE): Promise<void> {
  const manifest = {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'rolechain' },
    spec: {
      version: `v${VERSION}`,
      homepage: source,
      shortDescription: 'Explain and check the AWS IAM roles of pods',
      description:
        'Says which AWS IAM role each container of a pod assumes and why, who has credentials until when, and what is wrong\n' +
        'where there are none. For clusters with the rolechain webhook, or before it is installed.\n',
      caveats: `It takes Node ${CLI_NODE} or later: the program \`node\` on the PATH.\n`,
      platforms: [
        {
          selector: { matchExpressions: [{ key: 'os', operator: 'In', values: ['linux', 'darwin'] }] },
          uri: `${source}/releases/download/v${VERSION}/${CLI_PACKAGE}`,
          sha256: await sha256Of(join(folder, CLI_PACKAGE)),
          files: [{ from: `${PREFIX}/*`, to: '.' }],
          bin: CLI_PROGRAM,
        },
      ],
    },
  };
  writeFileSync(join(folder, KREW_MANIFEST), stringify(manifest));
}

/** One sentence for each thing that is wrong with the package in `folder`. */
export async function cliProblems(folder: string, timestamp: number): Promise<string[]> {
  const file = join(folder, CLI_PACKAGE);
  const work = await mkdtemp(join(tmpdir(), 'rolechain-cli-'));
  try {
    const [again, empty] = [join(work, 'again.tgz'), join(work, 'empty')];
    mkdirSync(empty);
    await buildCLI(work);
    await packCLI(again, timestamp, work);
    const problems = readFileSync(again).equals(readFileSync(file)) ? [] : [`two builds of ${CLI_PACKAGE} differ`];
    await run('tar', ['--extract', '--gzip', `--file=${file}`, `--directory=${work}`]);
    const installed = join(work, PREFIX);
    for (const name of readdirSync(installed))
      if (readFileSync(join(installed, name)).includes(ROOT.replace(/\/$/, '')))
        problems.push(`${name} names a folder of this machine`);
    // Its first line takes node from the PATH.
    const env = { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), HOME: empty };
    const { code, stdout, stderr } = await tryRun(join(installed, CLI_PROGRAM), ['--version'], { cwd: empty, env });
    if (code !== 0 || stdout !== `${VERSION}\n`)
      problems.push(`the command line ended with ${code ?? 'a signal'}: ${(stdout + stderr).slice(-500)}`);
    return problems;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
