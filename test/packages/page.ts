/** Blocks of code in a page, by the heading above them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import MarkdownIt from 'markdown-it';
import { ROOT } from '../fixture/install.ts';

export interface Block {
  /** The heading above. */
  readonly heading: string;
  /** As it is written behind the fence: `sh`, `yaml`. */
  readonly language: string;
  readonly text: string;
}

/** All blocks of a page, in their order. */
export function blocksIn(page: string): Block[] {
  let heading = '';
  const tokens = MarkdownIt().parse(readFileSync(join(ROOT, page), 'utf8'), {});
  return tokens.flatMap((token, index) => {
    if (token.type === 'heading_open') heading = tokens[index + 1]?.content ?? '';
    if (token.type !== 'fence') return [];
    return [{ heading, language: token.info, text: token.content.trim() }];
  });
}

/** The texts of those in one language below one heading. */
export function blocksOf(page: string, heading: string, language: string): string[] {
  const found = blocksIn(page).filter((block) => block.heading === heading && block.language === language);
  return found.map(({ text }) => text);
}
