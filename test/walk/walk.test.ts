/** One review of a pod finds nothing twice, and one of an unannotated pod stays out of what it doesn't need. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Walk, Walks } from './walk.ts';

const ROOT = join(__dirname, '..', '..');
const FACTS = 'webhook/src/policy/facts.ts';
const { status, stdout, stderr } = spawnSync(process.execPath, [join(__dirname, 'walk.ts'), '--json'], {
  encoding: 'utf8',
});
if (status !== 0) throw new Error(stderr);
const walks = JSON.parse(stdout) as Walks;

/** What the facts are found by: the functions that their file imports. */
function factFunctions(): string[] {
  const imports = readFileSync(join(ROOT, FACTS), 'utf8').matchAll(/^import \{([^}]*)\}/gm);
  const names = [...imports].flatMap(([, list = '']) => list.split(',').map((name) => name.trim()));
  return names.filter((name) => name !== '' && !name.startsWith('type '));
}

const callsOf = (files: Walk, name: string): number =>
  Object.values(files).reduce((sum, called) => sum + (called[name] ?? 0), 0);

test.each(factFunctions())('%s is called at most once a review', (name) => {
  expect(callsOf(walks.injected, name)).toBeLessThanOrEqual(1);
});

test('and so are parsing, deciding and patching', () => {
  const once = ['readReview', 'checkBounds', 'preCheck', 'decideAsked', 'containerOutcomes', 'stripEks', 'judgeEnv'];
  const calls = [...once, 'patch', 'writeSidecarConfig'].map((name) => [name, callsOf(walks.injected, name)]);
  expect(calls).toEqual(calls.map(([name]) => [name, 1]));
});

test("a ServiceAccount's annotation is not parsed again for its second pod", () => {
  for (const name of ['readAnnotation', 'judge', 'sidecarConfig', 'readDocument'])
    expect([name, callsOf(walks.injected, name)]).toEqual([name, name === 'judge' ? 1 : 0]);
});

test('a pod whose ServiceAccount asks for nothing enters 25 files at most, none of them about injection', () => {
  const entered = Object.keys(walks.unannotated);
  expect(entered).toContain('webhook/src/policy/decide-pod.ts');
  expect(entered.length).toBeLessThanOrEqual(25);
  expect(entered.filter((path) => path.includes('/injection/'))).toEqual([]);
});
