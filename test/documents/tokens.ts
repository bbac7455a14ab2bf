import MarkdownIt from 'markdown-it';
import GithubSlugger from 'github-slugger';

type Token = ReturnType<MarkdownIt['parse']>[number];

export interface Block {
  /** What stands behind the fence: `sh`. */
  readonly language: string;
  readonly text: string;
}

/** What a page of Markdown says that can be held against the repository. */
export interface Page {
  /** Text between backticks, in the order of the page. */
  readonly code: readonly string[];
  /** Blocks of code with the language that they name. */
  readonly blocks: readonly Block[];
  /** Names with the file or folder that they are said to stand in: `` `NAME` in `a/b.ts` ``. */
  readonly pairs: readonly { readonly name: string; readonly path: string }[];
  /** Targets of links and pictures as written: `docs/pods.md#the-sidecar`. */
  readonly links: readonly string[];
  /** Names of the page's own headings as GitHub makes them: `the-sidecar`. */
  readonly anchors: ReadonlySet<string>;
}

/** `[text][target]` without a target is no link for Markdown, but text. */
const LOST_LINK = /\[[^[\]]+\]\[[^[\]]*\]/g;
const PAIR = /`([^`]+)`\s+in\s+`([^`]+)`/g;
const HTML_LINK = /\b(?:href|src)="([^"]*)"/g;

export function readPage(markdown: string): Page {
  const slugger = new GithubSlugger();
  const code: string[] = [];
  const blocks: Block[] = [];
  const pairs: { name: string; path: string }[] = [];
  const links: string[] = [];
  const anchors = new Set<string>();
  const visit = (tokens: readonly Token[]): void => {
    for (const [index, token] of tokens.entries()) {
      if (token.type === 'code_inline') code.push(token.content);
      if (token.type === 'fence') blocks.push({ language: token.info.trim(), text: token.content });
      if (token.type === 'link_open') links.push(token.attrGet('href') ?? '');
      if (token.type === 'image') links.push(token.attrGet('src') ?? '');
      if (token.type === 'text') links.push(...[...token.content.matchAll(LOST_LINK)].map(([whole]) => whole));
      if (token.type.startsWith('html_'))
        links.push(...[...token.content.matchAll(HTML_LINK)].map(([, to = '']) => to));
      if (token.type === 'inline') {
        pairs.push(...[...token.content.matchAll(PAIR)].map(([, name = '', path = '']) => ({ name, path })));
      }
      if (token.type === 'heading_open') anchors.add(slugger.slug(plain(tokens[index + 1])));
      if (token.children) visit(token.children);
    }
  };
  visit(MarkdownIt({ html: true }).parse(markdown, {}));
  return { code, blocks, pairs, links, anchors };
}

function plain(token: Token | undefined): string {
  return (token?.children ?? []).map(({ content }) => content).join('');
}

/** `a-{b,c}` is `a-b` and `a-c`. */
export function braces(text: string): string[] {
  const match = /^([^{]*)\{([^{}]*)\}(.*)$/.exec(text);
  if (match === null) return [text];
  const [, before = '', list = '', after = ''] = match;
  return list.split(',').flatMap((one) => braces(`${before}${one}${after}`));
}
