/**
 * What docs/style.md forbids stands nowhere: in no page, in nothing that the programs say, and where the page says so in no
 * comment. Its table is the list; what it can't say in words (short sentences, the subject that acts) is not held here.
 */
import { FILES, PAGES, read } from './repository.ts';
import { commentsOf, literalsOf, proseOf } from './texts.ts';
import { readRules, wordsAgainst, type StyleRule } from './style-rules.ts';

const RULES = readRules(read('docs/style.md'));
/** Texts of other projects, as they were found; and the page that shows what not to write. */
const OF_OTHERS = /^test\/corpora\/|^docs\/style\.md$/;
const SOURCES = FILES.filter((path) => /\.[cm]?[jt]s$/.test(path) && !OF_OTHERS.test(path));
/** What a user, client or operator reads comes from these. */
const SAID = /^(?:webhook|sidecar|certs|shared|demo)\/src\/(?!testing\/)(?!.*\.test\.ts$)(?!.*\/testing\/)/;

test('the page forbids something, in texts and in comments', () => {
  expect(RULES.length).toBeGreaterThan(10);
  expect(RULES.filter(({ comments }) => comments).length).toBeGreaterThan(3);
  for (const { words, instead } of RULES) expect([words.length > 0, instead !== '']).toEqual([true, true]);
});

test.each(PAGES.filter((page) => !OF_OTHERS.test(page)))('%s has none of the words to avoid', (page) => {
  expect(found(proseOf(read(page)), RULES)).toEqual([]);
});

test('nothing that the programs say has one', () => {
  const said = SOURCES.filter((path) => SAID.test(path));
  expect(said.length).toBeGreaterThan(100);
  expect(said.flatMap((path) => found(literalsOf(read(path)), RULES).map((one) => `${path}: ${one}`))).toEqual([]);
});

test('no comment has one that is forbidden there too', () => {
  const rules = RULES.filter(({ comments }) => comments);
  expect(SOURCES.flatMap((path) => found(commentsOf(read(path)), rules).map((one) => `${path}: ${one}`))).toEqual([]);
});

test.each([
  ['a word, in any case', 'It is made. Anew it is read.', ['anew']],
  ['a phrase over the end of a line', 'it is\nno secret', ['is no']],
  ['an allowed phrase is none', 'There is no sidecar; it is no longer there.', []],
  ['part of a word is none', 'A clearance in clearings.', []],
])('%s', (_, text, words) => {
  expect(wordsAgainst(text, RULES)).toEqual(words);
});

test('names between backticks and blocks of code in a page are not looked at', () => {
  expect(proseOf('# So\n\nIt `anew` is.\n\n```sh\nanew\n```\n').join(' ')).not.toContain('anew');
  expect(proseOf('| a |\n| - |\n| anew |\n')).toContain('anew');
});

test('of a source, literals and comments are told apart', () => {
  const source = "/** One. */\nconst a = 'two words'; // three\nconst b = `four ${a} five`;\n";
  expect(literalsOf(source)).toEqual(['two words', 'four ', ' five']);
  expect(commentsOf(source).map((text) => text.trim())).toEqual(['One.', 'three']);
});

/** Each a word with the text around it. */
function found(texts: readonly string[], rules: readonly StyleRule[]): string[] {
  return texts.flatMap((text) => wordsAgainst(text, rules).map((word) => `"${word}" in: ${text.slice(0, 120)}`));
}
