/** What the site changes of a page's Markdown, on markdown-it's tokens. */
import type MarkdownIt from 'markdown-it';
import { targetOf, type Target } from './links.ts';

type Token = ReturnType<MarkdownIt['parse']>[number];
type RenderRule = NonNullable<MarkdownIt['renderer']['rules'][string]>;
type Copy = Extract<Target, { readonly kind: 'copy' }>;

/** Files that pages link to and that aren't pages, of all pages that were rendered. */
export const copies = new Set<Pick<Copy, 'file' | 'address'>>();

/** Gives the links of a page the addresses of the site. A link that is called as its file gets the page's title. */
export function relink(tokens: readonly Token[], from: string, isFile: (path: string) => boolean): void {
  for (const [at, token] of tokens.entries()) {
    if (token.children) relink(token.children, from, isFile);
    const link = token.type === 'link_open' ? token.attrGet('href') : null;
    if (link === null) continue;
    const target = targetOf(link, from, isFile);
    if (target.kind === 'untouched') continue;
    token.attrSet('href', target.address);
    if (target.kind === 'copy') copies.add(target);
    const text = tokens[at + 1];
    if (target.kind === 'page' && text && target.names.includes(text.content)) text.content = target.title;
  }
}

/** Longer cells are sentences: on a narrow screen a row of them is shown as a list, each cell below the head of its column. */
const SENTENCE = 60;

/** Marks tables whose rows can be shown as lists (style.css), and gives each cell the head of its column. */
export function labelTables(tokens: readonly Token[]): void {
  let table: Token | undefined;
  let heads: string[] = [];
  let column = 0;
  for (const [at, token] of tokens.entries()) {
    const text = tokens[at + 1]?.content ?? '';
    if (token.type === 'table_open') [table, heads] = [token, []];
    else if (token.type === 'tr_open') column = 0;
    else if (token.type === 'th_open') heads.push(text.replaceAll('`', ''));
    else if (token.type === 'td_open') {
      token.attrSet('data-head', heads[column] ?? '');
      column += 1;
      if (text === '') token.attrJoin('class', 'empty');
      if (text.length > SENTENCE && heads.length > 2) table?.attrSet('class', 'of-sentences');
    }
  }
}

/** Shorter names stay in one line: `--base-arn` is not two. */
const SHORT = 28;

export function shortCode(tokens: readonly Token[]): void {
  for (const token of tokens) {
    if (token.children) shortCode(token.children);
    if (token.type === 'code_inline' && token.content.length <= SHORT) token.attrJoin('class', 'short');
  }
}

/** A longer word may go on in the next line behind one of these signs, so that its column needn't be as wide as it is. */
const LONG_WORD = /[^\s<>]{25,}/g;
const AFTER = /[_/=,.:+](?=\w)/g;

/**
 * For the rules of text and of code in a line. VitePress makes a template of a page, to which `{{` is the start of an expression.
 */
export function asText(render: RenderRule | undefined): RenderRule {
  if (render === undefined) throw new Error('this release of markdown-it has no such rule');
  return (...args) =>
    render(...args)
      .replaceAll('{{', '&#123;{')
      .replace(LONG_WORD, (word) => word.replace(AFTER, '$&<wbr>'));
}
