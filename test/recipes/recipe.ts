/**
 * What a recipe of CONTRIBUTING.md says, in the few forms of words that its readers and this file know:
 *
 * - a block of code is added to the place in the paragraph above it: `` `TABLE` in `a/file.ts` ``, `` `member` of `TABLE` in … ``;
 * - `` the type check names `a/file.ts` `` (and others), `` `a/b.test.ts` fails ``, `` `generate` writes `docs/a.md` ``.
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

const PATH = /`([\w./-]+)`/g;
const PATHS = String.raw`((?:\`[\w./-]+\`(?:, | and )?)+)`;
const TYPE_CHECK = new RegExp(String.raw`\btype check names ${PATHS}`, 'gi');
const TESTS = /((?:`[\w./-]+\.test\.ts`(?:, | and )?)+) fails?\b/g;
const GENERATED = new RegExp(String.raw`\`generate\` writes ${PATHS}`, 'g');
const PLACE = /((?:`\w+` of )*`\w+`) in `([\w.-]+\/[\w./-]+)`/;

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
  const said = (form: RegExp): string[] =>
    texts.flatMap((text) => [...text.matchAll(form)].flatMap(([, paths = '']) => pathsIn(paths))).toSorted();
  const blocks = additions.map(({ block }) => block).join('\n');
  return {
    title,
    additions,
    names: [...new Set(wordsOf(blocks))].filter((word) => /your/i.test(word)),
    typeCheck: said(TYPE_CHECK),
    tests: said(TESTS),
    generated: said(GENERATED),
  };
}

function additionOf(title: string, text: string, block: string): Addition {
  const [, place = '', file] = PLACE.exec(text) ?? [];
  if (file === undefined) throw new Error(`${title}: no "\`TABLE\` in \`file\`" above the block: ${text}`);
  return { file, block, place: (place.match(/\w+(?=`)/g) ?? []).toReversed() };
}

function pathsIn(text: string): string[] {
  return [...text.matchAll(PATH)].map(([, path = '']) => path);
}
