/** What the bundles hold, and that one version is one version. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SIMULATOR, VERSION } from '@rolechain/shared';
import { ROOT } from '../fixture/install.ts';

const json = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
const inputs = json('dist/inputs.json') as Record<string, string[]>;
/** Packages of a bundle, by the folder below node_modules. */
const packagesOf = (program: string): string[] => [
  ...new Set((inputs[program] ?? []).map((file) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? 'ours')),
];

test('the sidecar, which runs in every pod, carries no Kubernetes client, no YAML and no certificates', () => {
  const packages = packagesOf('sidecar');
  expect(packages).toEqual(expect.arrayContaining(['ours', 'fastify', '@aws-sdk/client-sts']));
  expect(packages.filter((name) => /kubernetes|^yaml$|node-forge|undici/.test(name))).toEqual([]);
});

test('the startup prober, which runs each second, carries no library at all', () => {
  expect(packagesOf('prober')).toEqual(['ours']);
});

test('the webhook carries no AWS client', () => {
  expect(packagesOf('webhook').filter((name) => name.startsWith('@aws-sdk'))).toEqual([]);
});

test('the command line carries no policy simulator, whose licence is the AGPL-3.0', () => {
  const packages = packagesOf('cli');
  expect(packages).toEqual(expect.arrayContaining(['ours', 'commander', '@kubernetes/client-node']));
  expect(packages.filter((name) => name.startsWith('@cloud-copilot'))).toEqual([]);
});

test('the policy simulator that a user is told to install is the one of the tests', () => {
  const { devDependencies } = json('cli/package.json') as { devDependencies: Record<string, string> };
  expect(devDependencies[SIMULATOR.name]).toBe(SIMULATOR.version);
});

test('every package has the version that the programs report', () => {
  const packages = ['.', 'shared', 'webhook', 'sidecar', 'certs', 'cli', 'test', 'demo'];
  const versions = packages.map((name) => (json(join(name, 'package.json')) as { version: string }).version);
  expect(versions).toEqual(packages.map(() => VERSION));
});
