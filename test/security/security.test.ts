/** SECURITY.md: what a party cannot do is shown by a test that is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROWS } from '../hard-pods/rows.ts';
import { readCannots, type NamedTest } from './cannots.ts';
import { testNames } from './names.ts';

const ROOT = join(__dirname, '..', '..');
const TEXT = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');

/** The rows of this table are tests that take their names from it. */
const HARD_PODS = 'test/hard-pods';

function isThere({ file, name }: NamedTest): boolean {
  if (file === HARD_PODS) return ROWS.some(([, row]) => row.name === name);
  const path = join(ROOT, file);
  return file.endsWith('.test.ts') && existsSync(path) && testNames(readFileSync(path, 'utf8')).includes(name);
}

/** What is wrong with a text, by the tests that are there. */
function wrong(text: string): string[] {
  const { cannots, tests } = readCannots(text);
  const used = new Set(cannots.flatMap(({ notes }) => notes));
  return [
    ...cannots
      .filter(({ count, notes }) => notes.length < count)
      .map(({ item, count, notes }) => `${count} cannots and ${notes.length} footnotes: ${item}`),
    ...[...used].filter((label) => !tests.has(label)).map((label) => `no footnote ${label}`),
    ...[...tests.keys()].filter((label) => !used.has(label)).map((label) => `an idle footnote ${label}`),
    ...[...tests.values()]
      .flat()
      .filter((named) => !isThere(named))
      .map(({ file, name }) => `no test in ${file}: ${name}`),
  ];
}

test('each cannot names tests that are there', () => {
  expect(readCannots(TEXT).cannots.length).toBeGreaterThan(10);
  expect(wrong(TEXT)).toEqual([]);
});

test('each party of the page at a glance that does not get something has a test for it', () => {
  const page = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (?!actor|-)(.*) \|$/gm)].map(([, row = '']) =>
    row.split(' | ').map((cell) => cell.trim()),
  );
  expect(rows.length).toBeGreaterThan(12);
  const without = rows.filter(([, , not = '–', , tests = '']) => not !== '–' && !/`[\w./-]+\.test\.ts`/.test(tests));
  // IAM's own word, which no test of ours shows.
  expect(without.map(([actor]) => actor)).toEqual(['admin of an AWS account']);
});

describe('a text that is wrong', () => {
  const text = (parties: string, notes: string): string => `### The parties\n\n${parties}\n\n### Else\n\n${notes}\n`;
  const GOOD = '[^a]: `test/security/security.test.ts`: "each cannot names tests that are there".';

  test('none of these is', () => expect(wrong(text('- can.\n- cannot fly.[^a]\n  It walks.', GOOD))).toEqual([]));

  test.each([
    [
      'a cannot without a test',
      '- cannot fly, and cannot swim.[^a]',
      GOOD,
      '2 cannots and 1 footnotes: - cannot fly, and',
    ],
    ["a can't", "- can't fly.\n- cannot swim.[^a]", GOOD, "1 cannots and 0 footnotes: - can't fly."],
    ['in a paragraph', 'It cannot fly.\n\n- cannot swim.[^a]', GOOD, '1 cannots and 0 footnotes: It cannot fly.'],
    ['a footnote that is not there', '- cannot fly.[^b]\n- cannot swim.[^a]', GOOD, 'no footnote b'],
    ['one that nobody uses', '- can fly.', GOOD, 'an idle footnote a'],
    [
      'a file that is not there',
      '- cannot fly.[^a]',
      GOOD.replace('security.test', 'none.test'),
      'no test in test/security/none.test.ts',
    ],
    [
      'a name that is not there',
      '- cannot fly.[^a]',
      GOOD.replace('each cannot', 'every cannot'),
      'every cannot names',
    ],
    [
      'no test but a file',
      '- cannot fly.[^a]',
      GOOD.replace('security.test', 'cannots'),
      'no test in test/security/cannots.ts',
    ],
    ['no hard pod', '- cannot fly.[^a]', '[^a]: `test/hard-pods`: "a pod that flies".', 'a pod that flies'],
  ])('%s', (_name, parties, notes, expected) => {
    expect(wrong(text(parties, notes)).join('\n')).toContain(expected);
  });

  test('a footnote of another form', () => {
    expect(() => wrong(text('- cannot fly.[^a]', '[^a]: see the tests.'))).toThrow('a footnote takes');
  });
});

test('names are those of tests that run', () => {
  const source = `
    test('one', () => {}); test.each([1])('two %s', () => {}); test.skip('three', () => {});
    describe('four', () => { it("five", () => { call('six'); }); }); test.todo('seven');`;
  expect(testNames(source)).toEqual(['one', 'two %s', 'five']);
});
