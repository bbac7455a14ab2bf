import { insert } from './insert.ts';
import { failuresIn, problemsIn } from './outcome.ts';
import { readRecipes } from './recipe.ts';

const PAGE = [
  '## To add …',
  '### a thing',
  '1. A row in `THINGS` in `src/things.ts`:',
  '   ```ts',
  '   yourThing: 1,',
  '   ```',
  '2. `inner` of `outer` in `src/nested.ts`:',
  '   ```ts',
  "   'your-key': 2,",
  '   ```',
  '3. The type check names `a.ts` and `b.ts` until it is there, and also names `none.ts`. Of one the type check also names `c.ts`. `x.test.ts` fails. `generate` writes `docs/a.md`,',
  '   `docs/b.md`. `folder` fails.',
  '### another',
  'Nothing to add.',
  '## Elsewhere',
  '### no recipe',
].join('\n');

test('a recipe is what stands below its heading, in the order of the page', () => {
  expect(readRecipes(PAGE, 'To add …')).toEqual([
    {
      title: 'a thing',
      additions: [
        { file: 'src/things.ts', place: ['THINGS'], block: 'yourThing: 1,\n' },
        { file: 'src/nested.ts', place: ['outer', 'inner'], block: "'your-key': 2,\n" },
      ],
      names: ['yourThing', 'your-key'],
      typeCheck: ['a.ts', 'b.ts', 'c.ts'],
      tests: ['x.test.ts'],
      generated: ['docs/a.md', 'docs/b.md'],
    },
    { title: 'another', additions: [], names: [], typeCheck: [], tests: [], generated: [] },
  ]);
});

test('a block without a place above it is an error', () => {
  const page = '## To add …\n\n### a thing\n\nSomewhere:\n\n```ts\nyourThing: 1,\n```\n';
  expect(() => readRecipes(page, 'To add …')).toThrow('a thing: no "`TABLE` in `file`" above the block: Somewhere:');
});

test.each([
  ['a table', 'const A = { one: 1 } as const;', 'A', 'const A = { one: 1,\n  NEW\n } as const;'],
  ['with a comma', 'const A = {\n  one: 1,\n};', 'A', 'const A = {\n  one: 1,\n  NEW\n\n};'],
  ['that is empty', 'const A = {};', 'A', 'const A = {\n  NEW\n};'],
  [
    'by another name',
    'const B = [1];\nexport const A: X = B satisfies X;',
    'A',
    'const B = [1,\n  NEW\n];\nexport const A: X = B satisfies X;',
  ],
  ['in a table', 'const A = { b: {}, c: 1 };', 'A b', 'const A = { b: {\n  NEW\n}, c: 1 };'],
  [
    'a schema',
    'const A = (x: X) => v.pipe(v.object({ b: c(x) }, x));',
    'A',
    'const A = (x: X) => v.pipe(v.object({ b: c(x),\n  NEW\n }, x));',
  ],
  ['an interface', 'interface A { one: 1; }', 'A', 'interface A { one: 1;\n  NEW\n }'],
  ['a union', "type A = 'a' | 'b';", 'A', "type A = 'a' | 'b'\n  NEW\n;"],
])('something is added at the end of %s', (_, source, place, expected) => {
  expect(insert(source, place.split(' '), 'NEW\n', 'x.ts')).toBe(expected);
});

test('a rule is added behind the last one of the first document', () => {
  const yaml = 'kind: A\nrules:\n  - a: 1\n    b: 2\n---\nkind: B\nrules: []\n';
  expect(insert(yaml, ['rules'], '- a: 3\n', 'x.yaml')).toContain('    b: 2\n\n  - a: 3\n---');
});

test.each([
  ['B', 'x.ts'],
  ['A none', 'x.ts'],
  ['A one', 'x.ts'],
  ['none', 'x.yaml'],
])('%s of %s, which is not there, is an error', (place, file) => {
  const source = file.endsWith('.ts') ? 'const A = { one: 1 };' : 'one: []\n';
  expect(() => insert(source, place.split(' '), 'NEW', file)).toThrow('that something can be added to');
});

test("errors of tsc have their lines; jest's failures their test, or the file that could not be run", () => {
  const output = 'a/b.ts(1,2): error TS1: One.\n  And more.\nc.ts(3,4): error TS2: Two.\n';
  expect(problemsIn(output)).toEqual([
    { file: 'a/b.ts', text: 'error TS1: One.\n  And more.' },
    { file: 'c.ts', text: 'error TS2: Two.' },
  ]);
  const result = (status: string) => ({ status, fullName: `is ${status}`, failureMessages: ['why'] });
  const testResults = [
    { name: '/root/a.test.ts', message: 'all', assertionResults: [result('passed'), result('failed')] },
    { name: '/root/b.test.ts', message: 'no such file', assertionResults: [] },
  ];
  expect(failuresIn(JSON.stringify({ testResults }), '/root')).toEqual([
    { file: 'a.test.ts', text: 'is failed\nwhy' },
    { file: 'b.test.ts', text: 'no such file' },
  ]);
});
