/** What of a file is text for people. */
import MarkdownIt from 'markdown-it';
import ts from 'typescript';

type Token = ReturnType<MarkdownIt['parse']>[number];

/** Paragraphs, headings and cells of a page, without what stands between backticks and in blocks of code. */
export function proseOf(markdown: string): string[] {
  return MarkdownIt({ html: true }).parse(markdown, {}).filter(isInline).map(plain);
}

const isInline = ({ type }: Token): boolean => type === 'inline';

function plain(token: Token): string {
  const parts = (token.children ?? []).map(({ type, content }) =>
    type.endsWith('break') ? ' ' : type === 'code_inline' ? '…' : content,
  );
  return parts.join('');
}

/** String literals of more than one word, and the parts of templates. Not the names in imports. */
export function literalsOf(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || isTemplatePart(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest));
  return found.filter((text) => text.includes(' '));
}

function isTemplatePart(node: ts.Node): node is ts.TemplateLiteralLikeNode {
  return ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
}

/** Comments as they are laid out in this repository: a block's lines are one text, and so are neighbouring `//` lines. */
export function commentsOf(source: string): string[] {
  const blocks = source.match(/^[ \t]*\/\*[\s\S]*?\*\/|(?:^|(?<=\s))\/\/ .*(?:\n[ \t]*\/\/ .*)*/gm) ?? [];
  return blocks.map((block) => block.replace(/^[ \t]*(?:\/\*+|\*\/|\*|\/\/)[ \t]?|\*\/$/gm, ''));
}

/** The source of a program, manifest or script with its comments taken out: what they name may be gone. */
export function withoutComments(path: string, source: string): string {
  if (/\.(?:ya?ml|sh|mod)$|(?:^|\/)(?:Dockerfile[^/]*|run)$/.test(path))
    return source.replace(/^[ \t]*(?:#|\/\/).*$/gm, '');
  if (!/\.[cm]?[jt]s$/.test(path)) return source;
  const comments = new Map<number, number>();
  const visit = (node: ts.Node): void => {
    // Text in a string that looks like a comment is none: no node begins or ends there.
    const ranges = [
      ts.getLeadingCommentRanges(source, node.pos),
      ts.getTrailingCommentRanges(source, node.pos),
      ts.getTrailingCommentRanges(source, node.end),
    ];
    for (const { pos, end } of ranges.flatMap((some) => some ?? [])) comments.set(pos, end);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest));
  let rest = '';
  let at = 0;
  for (const [pos, end] of [...comments].toSorted(([one], [other]) => one - other)) {
    rest += source.slice(at, pos);
    at = end;
  }
  return rest + source.slice(at);
}
