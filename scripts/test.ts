/**
 * `npx -y pnpm@10 test`: makes the Kubernetes binaries and the SDK clients be there, bundles the programs,
 * and runs jest. Arguments go to jest. What the tests' programs said is searched for secrets, and the run fails when
 * one is found. Closes with the plain line `N passed, N failed, N skipped` (plain-line-reporter.mjs).
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECORDS_VARIABLE } from '../test/secrets/record.ts';
import { buildAll, ROOT } from './build.ts';

/** Runs a program with this Node; resolves to its exit code. */
function run(...args: string[]): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

const args = process.argv.slice(2);
const prepared =
  (await run(join(ROOT, 'test/cluster/prepare.ts'))) || (await run(join(ROOT, 'test/clients/prepare.ts')));
if (prepared === 0) {
  await buildAll();
  // mkdtemp makes it for this user alone: it takes what the search looks for.
  const records = (process.env[RECORDS_VARIABLE] = mkdtempSync(join(tmpdir(), 'rolechain-records-')));
  process.once('exit', () => rmSync(records, { recursive: true, force: true }));
  // Two cores: more workers would take the processor from the clusters that the tests start.
  process.exitCode = await run(join(ROOT, 'node_modules/jest/bin/jest.js'), '--maxWorkers=2', ...args);
} else process.exitCode = prepared;
