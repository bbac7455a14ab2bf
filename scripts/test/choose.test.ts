import { choose, type Asked } from './choose.ts';
import type { TestFile } from './needs.ts';

const file = (path: string): TestFile => ({ path, needs: new Set(), onOldest: false, isUnit: false });
const ALL = ['shared/src/duration.test.ts', 'test/e2e/main-job.test.ts', 'test/guard/guard.test.ts'].map(file);
const chosen = (asked: Partial<Asked>): string[] =>
  choose(ALL, { words: [], flags: {}, ...asked }).files.map(({ path }) => path);
const EVERY = ALL.map(({ path }) => path);

test.each<[string, Partial<Asked>, string[]]>([
  ['nothing', {}, EVERY],
  ['flags alone', { flags: { testNamePattern: 'x', verbose: true } }, EVERY],
  ['a part of a path', { words: ['duration'] }, [EVERY[0]!]],
  ['whatever the case', { words: ['Main-Job'] }, [EVERY[1]!]],
  ['a path of this folder', { words: ['./test/guard'] }, [EVERY[2]!]],
  ['an absolute path', { words: [`${process.cwd()}/test/guard/guard.test.ts`] }, [EVERY[2]!]],
  ['an expression', { words: ['^/.*/(e2e|guard)/'] }, EVERY.slice(1)],
  ['what is none', { words: ['('] }, EVERY],
  ['several', { words: ['duration', 'guard'] }, [EVERY[0]!, EVERY[2]!]],
  ['by the flag', { testPathPatterns: ['duration'] }, [EVERY[0]!]],
  ['what matches nothing', { words: ['nowhere'] }, []],
  ['sources, whose tests jest finds', { words: ['shared/src/duration.ts'], flags: { findRelatedTests: true } }, EVERY],
  ['what has changed', { flags: { onlyChanged: true } }, EVERY],
  ['no run', { flags: { listTests: true } }, []],
])('%s', (_name, asked, expected) => {
  expect(chosen(asked)).toEqual(expected);
});

test.each([
  [undefined, true],
  [['oldest'], true],
  [['newest'], false],
])('of the projects %j: on the oldest release: %s', (selectProjects, expected) => {
  expect(choose(ALL, { words: [], selectProjects, flags: {} }).onOldest).toBe(expected);
});
