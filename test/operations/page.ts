/** A page's blocks of shell commands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import MarkdownIt from 'markdown-it';
import { ROOT } from '../fixture/install.ts';

export interface Block {
  /** The heading above. */
  readonly heading: string;
  /** One command each. */
  readonly lines: readonly string[];
}

/** In their order. `page` is relative to the root. */
export function commandsOf(page: string): Block[] {
  let heading = '';
  const tokens = MarkdownIt().parse(readFileSync(join(ROOT, page), 'utf8'), {});
  return tokens.flatMap((token, index) => {
    if (token.type === 'heading_open') heading = tokens[index + 1]?.content ?? '';
    if (token.type !== 'fence' || token.info !== 'sh') return [];
    return [{ heading, lines: token.content.trim().split('\n') }];
  });
}
