/**
 * The recipes of CONTRIBUTING.md ("To add …"), followed in one copy of the repository: what they say of the type check, of tests
 * and of generated files is what comes of it, no less and no more. So a place that has moved is found, and one that a recipe
 * leaves out. That the other names in them exist, test/documents says.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FILES, FOLDERS, read } from '../documents/repository.ts';
import { makeCopy, type Copy } from './copy.ts';
import { insert } from './insert.ts';
import { failuresIn, mentions, problemsIn, type Said } from './outcome.ts';
import { readRecipes, type Outcome, type Recipe } from './recipe.ts';

const RECIPES = readRecipes(read('CONTRIBUTING.md'), 'To add …');
/** Nothing is added to a file that is there already. */
const WITHOUT_BLOCKS = ['a decision'];
const TESTS = [...new Set(RECIPES.flatMap(({ tests }) => tests))];

let copy: Copy;
let said: { readonly [Kind in keyof Outcome]: readonly Said[] };
const unfollowed = new Map<string, string>();

beforeAll(async () => {
  copy = makeCopy(FILES, FOLDERS);
  for (const recipe of RECIPES) follow(recipe);
  const types = copy.run('node_modules/typescript/bin/tsc', '--noEmit', '--pretty', 'false');
  const generated = generatedIn(await copy.run('scripts/generate.ts'));
  const args = ['--selectProjects', 'newest', '--maxWorkers=1', '--json', '--outputFile=result.json'];
  const jest = await copy.run('node_modules/jest/bin/jest.js', ...args, '--runTestsByPath', ...TESTS);
  if (!existsSync(join(copy.root, 'result.json'))) throw new Error(`jest wrote no result:\n${jest}`);
  said = { typeCheck: problemsIn(await types), generated, tests: failuresIn(copy.read('result.json'), copy.root) };
});
afterAll(() => copy.remove());

/** What keeps one recipe from being followed is that one's failure. */
function follow({ title, additions }: Recipe): void {
  try {
    for (const { file, place, block } of additions) copy.write(file, insert(copy.read(file), place, block, file));
  } catch (error) {
    unfollowed.set(title, String(error));
  }
}

function generatedIn(output: string): Said[] {
  const [, written = ''] = /^written: (.*)$/m.exec(output) ?? [];
  if (written === '') throw new Error(`generate wrote nothing:\n${output}`);
  return written.split(', ').map((file) => ({ file, text: copy.read(file) }));
}

test('each recipe but those has something to add, and names of its own', () => {
  expect(RECIPES.filter(({ additions }) => additions.length === 0).map(({ title }) => title)).toEqual(WITHOUT_BLOCKS);
  for (const recipe of RECIPES) {
    const others = RECIPES.filter((other) => other !== recipe).flatMap(({ names }) => names);
    expect(others.filter((name) => recipe.names.includes(name))).toEqual([]);
  }
});

test.each(RECIPES.map((recipe) => [recipe.title, recipe] as const))(
  '%s: what the recipe says comes of it',
  (_, recipe) => {
    const { title, typeCheck, tests, generated } = recipe;
    expect(unfollowed.get(title)).toBeUndefined();
    expect(outcomeOf(recipe)).toEqual({ typeCheck, tests, generated });
  },
);

function outcomeOf({ names }: Recipe): Outcome {
  const filesOf = (all: readonly Said[]): string[] =>
    [...new Set(all.flatMap(({ file, text }) => (mentions(text, names) ? file : [])))].toSorted();
  return { typeCheck: filesOf(said.typeCheck), tests: filesOf(said.tests), generated: filesOf(said.generated) };
}

/** One error may be told without the name, beside one with it: the file is named all the same. */
test.each(['typeCheck', 'tests', 'generated'] as const)('nothing else comes of them: %s', (kind) => {
  const named = new Set(RECIPES.flatMap((recipe) => recipe[kind]));
  expect(said[kind].length).toBeGreaterThan(0);
  expect(said[kind].filter(({ file }) => !named.has(file))).toEqual([]);
});
