/** The text that the licences of bundled packages want passed on with them: one file in each image, and in the package. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { idOf, type Part } from './parts.ts';
import { ROOT } from './root.ts';

/** Files of a package that hold its licence, or what a licence wants kept (Apache-2.0, section 4d). */
const LICENSE_FILE = /^(?:un)?licen[cs]e|^copying|^notice/i;
const RULE = '='.repeat(80);

/**
 * The notices of one program: each licence text once, under the packages that have it. `comments`: what the bundle's files
 * say of licences (esbuild's legal comments), which names what these packages copied in turn.
 */
export function noticesOf(program: string, parts: readonly Part[], comments: string): string {
  const byText = new Map<string, string[]>();
  for (const part of parts) {
    const text = licenseText(part);
    byText.set(text, [...(byText.get(text) ?? []), `${idOf(part)} (${part.license})`]);
  }
  const sections = [...byText].map(([text, names]) => `${RULE}\n${names.join('\n')}\n\n${text}\n`);
  const head = `The ${program === 'cli' ? 'command line' : program} of rolechain contains code of these packages.\n\n`;
  const list = parts.map((part) => `  ${idOf(part)}  ${part.license}\n`).join('');
  const said = comments.trim();
  return `${head}${list}\n${sections.join('\n')}${said === '' ? '' : `\n${RULE}\n${said}\n`}`;
}

function licenseText({ folder, license, author, name, homepage }: Part): string {
  const path = join(ROOT, folder);
  const files = readdirSync(path).filter((file) => LICENSE_FILE.test(file));
  const texts = files.toSorted().map((file) => tidy(readFileSync(join(path, file), 'utf8')));
  if (texts.length > 0) return texts.join('\n\n');
  const by = [author, homepage].filter((value) => value !== undefined).join(', ');
  return `${name} comes without a file that holds its licence. Its package.json says: ${license}${by && `, by ${by}`}.`;
}

const tidy = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
