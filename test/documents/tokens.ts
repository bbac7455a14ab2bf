import MarkdownIt from 'markdown-it';
import GithubSlugger from 'github-slugger';

type Token = ReturnType<MarkdownIt['parse']>[number];

/** What a page of Markdown says that can be held against the repository. */
export interface Page {
  /** Text between backticks, in the order of the page. */
  readonly code: readonly string[];
  /** Targets of links as written: `docs/pods.md#the-sidecar`. */
  readonly links: readonly string[];
  /** Names of the page's own headings as GitHub makes them: `the-sidecar`. */
  readonly anchors: ReadonlySet<string>;
}

/** Blocks of code (``` fences) are left out: they hold programs and manifests, not names. */
export function readPage(markdown: string): Page {
  const slugger = new GithubSlugger();
  const code: string[] = [];
  const links: string[] = [];
  const anchors = new Set<string>();
  const visit = (tokens: readonly Token[]): void => {
    for (const [index, token] of tokens.entries()) {
      if (token.type === 'code_inline') code.push(token.content);
      if (token.type === 'link_open') links.push(token.attrGet('href') ?? '');
      if (token.type === 'heading_open') anchors.add(slugger.slug(plain(tokens[index + 1])));
      if (token.children) visit(token.children);
    }
  };
  visit(MarkdownIt({ html: true }).parse(markdown, {}));
  return { code, links, anchors };
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
