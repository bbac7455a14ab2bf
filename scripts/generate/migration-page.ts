/**
 * The examples of docs/migration.md: what `rolechain migrate` prints for the block above each, between `<!-- migrate: OPTIONS -->` and
 * `<!-- end of migrate -->`.
 */
import { commandOutput } from './command-output.ts';

const BLOCK = /(```(?:yaml|ini|json)\n([^`]*)```\n\n<!-- migrate:([^\n]*) -->\n)[^]*?(<!-- end of migrate -->)/g;

/** The page with its examples. */
export async function withMigrations(page: string): Promise<string> {
  let made = '';
  let at = 0;
  for (const match of page.matchAll(BLOCK)) {
    const [whole, head = '', input = '', options = '', end = ''] = match;
    const args = options.split(' ').filter((word) => word !== '');
    const text = await commandOutput(['migrate', '-f', '-', ...args], input);
    made += `${page.slice(at, match.index)}${head}\n\`\`\`yaml\n${text.trimEnd()}\n\`\`\`\n\n${end}`;
    at = match.index + whole.length;
  }
  return made + page.slice(at);
}
