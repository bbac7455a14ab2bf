/** The package of the command line: what is in it, that it runs where there is nothing else, and that it comes out the same. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { satisfies } from 'semver';
import { parse } from 'yaml';
import { VERSION } from '@rolechain/shared';
import { CLI_COMMANDS, CLI_NODE, CLI_PROGRAM } from '../../scripts/build/cli.ts';
import { partsOf, readLockFile } from '../../scripts/build/parts.ts';
import {
  CLI_PACKAGE,
  KREW_MANIFEST,
  cliProblems,
  packCLI,
  writeKrewManifest,
} from '../../scripts/release/cli-package.ts';
import { describeWithBinaries } from '../cluster/jest.ts';
import { ROOT } from '../fixture/install.ts';

const TIMESTAMP = 1_780_000_000;
const DIST = join(ROOT, 'dist', 'cli');

/** Nothing of this machine but Node and the system's programs. */
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolechain-package-'));
  for (const name of ['home', 'place']) mkdirSync(join(folder, name));
  const bin = join(folder, 'place', 'bin');
  env = { PATH: [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter), HOME: join(folder, 'home') };
  await packCLI(join(folder, CLI_PACKAGE), TIMESTAMP);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, ...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(command, args, { cwd: join(folder, 'place'), env, encoding: 'utf8' });
}

test('it holds the code, its licences, an SBOM and a README, with the time of the commit and nobody as owner', () => {
  const { stdout } = run('tar', '-tvzf', join(folder, CLI_PACKAGE), '--utc', '--full-time', '--numeric-owner');
  const lines = stdout.trim().split('\n');
  expect(lines.map((line) => line.split(' ').at(-1)).toSorted()).toEqual(
    readdirSync(DIST)
      .map((name) => `package/${name}`)
      .toSorted(),
  );
  const others = readdirSync(DIST).filter((name) => !name.endsWith('.mjs'));
  expect(others.toSorted()).toEqual(['LICENSE', 'README.md', 'cli.cdx.json', 'cli.notices.txt', 'package.json']);
  expect(lines.filter((line) => !/^-rw[x-]r-[x-]r-[x-] 0\/0 +\d+ 2026-05-28 20:26:40 /.test(line))).toEqual([]);
});

test('its parts run on the Node that it names', () => {
  const { engines, version } = JSON.parse(readFileSync(join(DIST, 'package.json'), 'utf8')) as {
    engines: { node: string };
    version: string;
  };
  expect(engines.node).toBe(`>=${CLI_NODE}`);
  expect(version).toBe(VERSION);
  const inputs = JSON.parse(readFileSync(join(ROOT, 'dist/inputs.json'), 'utf8')) as { cli: string[] };
  const parts = partsOf(inputs.cli, readLockFile());
  expect(parts.find(({ name }) => name === 'commander')?.node).toBeDefined();
  expect(parts.filter(({ node }) => node !== undefined && !satisfies(`${CLI_NODE}.0`, node))).toEqual([]);
});

test('two builds are one package, which names no folder of this machine and runs', async () => {
  expect(await cliProblems(folder, TIMESTAMP)).toEqual([]);
});

test('a package that is another than the sources make, or that does not run, is named', async () => {
  const dist = mkdtempSync(join(tmpdir(), 'rolechain-other-'));
  try {
    mkdirSync(join(dist, 'cli'));
    const code = `#!/usr/bin/env node\n// ${ROOT}\nthrow new Error('broken');\n`;
    writeFileSync(join(dist, 'cli', CLI_PROGRAM), code, { mode: 0o755 });
    await packCLI(join(dist, CLI_PACKAGE), TIMESTAMP, dist);
    expect(await cliProblems(dist, TIMESTAMP)).toEqual([
      `two builds of ${CLI_PACKAGE} differ`,
      `${CLI_PROGRAM} names a folder of this machine`,
      expect.stringMatching(/^the command line ended with 1: .*Error: broken/s),
    ]);
  } finally {
    rmSync(dist, { recursive: true });
  }
});

describeWithBinaries('installed by npm into an empty folder', ({ kubectl = 'kubectl' }) => {
  beforeAll(() => {
    // Without a registry: it asks for no other package.
    const flags = ['--global', '--offline', '--engine-strict', `--prefix=${join(folder, 'place')}`];
    const { status, stderr } = run('npm', 'install', ...flags, join(folder, CLI_PACKAGE));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('it is there under both names, alone', () => {
    expect(readdirSync(join(folder, 'place/bin')).toSorted()).toEqual([...CLI_COMMANDS].toSorted());
    expect(readdirSync(join(folder, 'place/lib/node_modules'))).toEqual(['@rolechain']);
    expect(existsSync(join(folder, 'place/lib/node_modules/@rolechain/cli/node_modules'))).toBe(false);
    expect(run('rolechain', '--version')).toMatchObject({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
  });

  test('it has no policy simulator, and says how to get one', () => {
    const role = join(folder, 'place/policies/111111111111/role/base');
    mkdirSync(role, { recursive: true });
    writeFileSync(join(role, 'trust-policy.json'), '{"Version":"2012-10-17","Statement":[]}');
    const manifests = join(ROOT, 'demo/orders.yaml');
    const base = ['--base-arn', 'arn:aws:iam::111111111111:role/base'];
    const { status, stdout, stderr } = run('rolechain', 'check', '--policies', 'policies', '-f', manifests, ...base);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error SimulatorMissing: .*\nRun `npm install @cloud-copilot\/iam-simulate@/);
  });

  test('kubectl finds it, and hands on arguments, output and exit code', () => {
    expect(run(kubectl, 'plugin', 'list', '--name-only').stdout).toMatch(/^kubectl-rolechain$/m);
    expect(run(kubectl, 'rolechain', '--version')).toMatchObject({ status: 0, stdout: `${VERSION}\n` });
    expect(run(kubectl, 'rolechain', '--help').stdout).toBe(run('rolechain', '--help').stdout);
    expect(run(kubectl, 'rolechain', 'no-such-command').status).toBe(2);
  });
});

test('krew finds the program in the package that its manifest names by digest', async () => {
  await writeKrewManifest(folder, 'https://git.example/rolechain');
  const manifest = parse(readFileSync(join(folder, KREW_MANIFEST), 'utf8')) as {
    metadata: { name: string };
    spec: { version: string; platforms: { uri: string; sha256: string; bin: string; files: { from: string }[] }[] };
  };
  expect(`kubectl-${manifest.metadata.name}`).toBe(CLI_COMMANDS[1]);
  expect(manifest.spec.version).toBe(`v${VERSION}`);
  const [{ uri, sha256, bin, files }] = manifest.spec.platforms as [(typeof manifest.spec.platforms)[0]];
  expect(uri).toBe(`https://git.example/rolechain/releases/download/v${VERSION}/${CLI_PACKAGE}`);
  const bytes = readFileSync(join(folder, CLI_PACKAGE));
  expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect(files).toEqual([{ from: 'package/*', to: '.' }]);
  const { stdout } = run('tar', '-tzf', join(folder, CLI_PACKAGE), `package/${bin}`);
  expect(stdout).toBe(`package/${bin}\n`);
});
