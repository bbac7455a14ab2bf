/**
 * What a recipe of CONTRIBUTING.md says, in the few forms of words that its readers and this file know:
 *
 * - a block of code is added to the place in the paragraph above it: `` `TABLE` in `a/file.ts` ``, `` `member` of `TABLE` in … ``;
 * - `` the type check (also) names `a/file.ts` and `b/file.ts` ``, `` `a/b.test.ts` fails ``, `` `generate` writes `docs/a.md` ``.
 */
import MarkdownIt from 'markdown-it';
import { wordsOf } from './outcome.ts';

type Token = ReturnType<MarkdownIt['parse']>[number];

export interface Addition {
  readonly file: string;
  /** From the outermost: a declaration, then its members; in YAML keys. */
  readonly place: readonly string[];
  readonly block: string;
}

/** What comes of an entry: paths, sorted. */
export interface Outcome {
  /** Files in which the type check finds errors about the entry. */
  readonly typeCheck: readonly string[];
  /** Tests that fail over it. */
  readonly tests: readonly string[];
  /** Generated files that it gets into. */
  readonly generated: readonly string[];
}

export interface Recipe extends Outcome {
  readonly title: string;
  readonly additions: readonly Addition[];
  /** Names of the example, by which outcomes are told from those of other recipes: all words with `your` in them. */
  readonly names: readonly string[];
}

/** Words between backticks that are told together, with the text around them. */
interface Run {
  readonly before: string;
  readonly words: readonly string[];
  readonly after: string;
}

function runsOf(text: string, joints: readonly string[]): Run[] {
  const parts = text.split('`');
  const runs: Run[] = [];
  for (let at = 1; at < parts.length; at += 2) {
    const [before = '', word = '', after = ''] = parts.slice(at - 1, at + 2);
    const last = runs.at(-1);
    if (last && joints.includes(before)) runs.splice(-1, 1, { ...last, words: [...last.words, word], after });
    else runs.push({ before, words: [word], after });
  }
  return runs;
}

/** The recipes below the heading `section`, one for each heading one level deeper. */
export function readRecipes(markdown: string, section: string): Recipe[] {
  const tokens = MarkdownIt().parse(markdown, {});
  const recipes: { readonly title: string; readonly tokens: Token[] }[] = [];
  let isWithin = false;
  for (const [index, token] of tokens.entries()) {
    const heading = token.type === 'heading_open' ? (tokens[index + 1]?.content ?? '') : undefined;
    if (heading !== undefined && token.tag !== 'h3') isWithin = heading === section;
    else if (isWithin && heading !== undefined) recipes.push({ title: heading, tokens: [] });
    else if (isWithin) recipes.at(-1)?.tokens.push(token);
  }
  return recipes.map(({ title, tokens: own }) => readRecipe(title, own));
}

function readRecipe(title: string, tokens: readonly Token[]): Recipe {
  const additions: Addition[] = [];
  const texts: string[] = [];
  for (const token of tokens) {
    // The heading's own text comes first.
    if (token.type === 'inline') texts.push(token.content.replaceAll('\n', ' '));
    if (token.type === 'fence') additions.push(additionOf(title, texts.at(-1) ?? '', token.content));
  }
  const runs = texts.flatMap((text) => runsOf(text, [', ', ' and ', ', and ']));
  const said = (isSo: (run: Run, last: Run | undefined) => boolean): string[] =>
    runs.flatMap((run, index) => (isSo(run, runs[index - 1]) ? run.words : [])).toSorted();
  const blocks = additions.map(({ block }) => block).join('\n');
  return {
    title,
    additions,
    names: [...new Set(wordsOf(blocks))].filter((word) => /your/i.test(word)),
    typeCheck: said(({ before }) => /\btype check (?:also )?names $/i.test(before)),
    tests: said(({ words, after }) => /^ fails?\b/.test(after) && words.every((word) => word.endsWith('.test.ts'))),
    generated: said(({ before }, last) => before === ' writes ' && last?.words.at(-1) === 'generate'),
  };
}

function additionOf(title: string, text: string, block: string): Addition {
  const runs = runsOf(text, [' of ']);
  for (const [index, { words, after }] of runs.entries()) {
    const file = runs[index + 1]?.words[0];
    if (after === ' in ' && file?.includes('/')) return { file, block, place: words.toReversed() };
  }
  throw new Error(`${title}: no "\`TABLE\` in \`file\`" above the block: ${text}`);
}
