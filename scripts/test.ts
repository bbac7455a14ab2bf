/**
 * `npx -y pnpm@10 test [PATH...]`: makes what the chosen tests need (scripts/test/needs.ts) and runs jest, which gets the
 * arguments. `--unit` chooses the unit tests, which need nothing, and tries fewer cases of each property. What the
 * tests' programs said is searched for secrets, and the run fails when one is found. Closes with the plain line
 * `N passed, N failed, N skipped` (plain-line-reporter.mjs).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QUICK_VARIABLE } from '../test/kit/runs.ts';
import { RECORDS_VARIABLE } from '../test/kit/record.ts';
import { ROOT } from './build/root.ts';
import { choose } from './test/choose.ts';
import { testFiles, type Need, type TestFile } from './test/needs.ts';

const UNIT = '--unit';

// As jest's own program sets it.
process.env.NODE_ENV ??= 'test';
process.chdir(ROOT);
const { buildArgv, run } = await import('jest');

const all = process.argv.slice(2);
const isQuick = all.includes(UNIT);
if (isQuick) process.env[QUICK_VARIABLE] = 'true';
const own = all.filter((arg) => arg !== UNIT);
const { _: words, ...flags } = await buildArgv(own);
const { testPathPatterns, selectProjects } = flags;
const known = testFiles(ROOT).filter(({ isUnit }) => isUnit || !isQuick);
const chosen = choose(known, { words: words.map(String), testPathPatterns, selectProjects, flags });

if (isQuick && chosen.files.length === 0) {
  process.stderr.write(`no unit test's path matches ${words.join(' or ')}\n`);
  process.exitCode = 1;
} else if (await prepare(chosen.files, chosen.onOldest)) {
  // mkdtemp makes it for this user alone: it takes what the search looks for.
  const records = (process.env[RECORDS_VARIABLE] = mkdtempSync(join(tmpdir(), 'rolechain-records-')));
  process.once('exit', () => rmSync(records, { recursive: true, force: true }));
  await run(argumentsOf(chosen.files));
} else process.exitCode = 1;

/** Makes what is missing; false where the run can't go on. Modules are loaded when they are needed: one file's run is quick. */
async function prepare(files: readonly TestFile[], onOldest: boolean): Promise<boolean> {
  const needs = new Set(files.flatMap((file) => [...file.needs]));
  if (!onOldest) needs.delete('oldest');
  const releases = (['newest', 'oldest'] as const).filter((release) => needs.has(release));
  if (releases.length > 0) {
    const { prepareBinaries } = await import('../test/cluster/prepare.ts');
    if (!(await prepareBinaries(releases))) return false;
  }
  if (!(await prepareClients(needs))) return false;
  if (needs.has('helm') && !(await prepareHelm())) return false;
  if (needs.has('site') && !(await import('../test/site/prepare.ts')).prepareSite()) return false;
  if (needs.has('bundles')) await (await import('./build.ts')).buildAll();
  return true;
}

async function prepareHelm(): Promise<boolean> {
  const { prepareHelm: prepare } = await import('../test/helm/prepare.ts');
  const { allMade } = await import('../test/clients/prepare.ts');
  return allMade([await prepare()]);
}

async function prepareClients(needs: ReadonlySet<Need>): Promise<boolean> {
  if (!needs.has('Go client') && !needs.has('Python environments')) return true;
  const { allMade, preparePythons } = await import('../test/clients/prepare.ts');
  const { prepareGoClient } = await import('../test/clients/go.ts');
  const go = needs.has('Go client') ? [await prepareGoClient()] : [];
  return allMade([...go, ...(needs.has('Python environments') ? await preparePythons() : [])]);
}

/** Jest's: its own project where no chosen file runs on the oldest release, so that it needn't look for them twice. */
function argumentsOf(files: readonly TestFile[]): string[] {
  // Two cores: more workers would take the processor from the clusters that the tests start. Unit tests start none, and
  // some of them wait.
  const args = [
    `--maxWorkers=${isQuick ? 3 : 2}`,
    ...own.filter((arg) => !words.map(String).includes(arg) || !isQuick),
  ];
  if (isQuick) args.push('--runTestsByPath', ...files.map(({ path }) => path));
  const isOnNewest = files.length > 0 && files.every(({ onOldest }) => !onOldest);
  return selectProjects === undefined && isOnNewest ? [...args, '--selectProjects', 'newest'] : args;
}
