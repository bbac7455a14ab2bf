import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/build/root.ts';

/** Corpora and locks hold every word there is: a name that stands there alone is none of ours. */
const FOREIGN =
  /\.md$|^pnpm-lock\.yaml$|^LICENSE$|(?:^|\/)(?:corpora|hard-pods)\/.*\.(?:json|ya?ml)$|^test\/documents\//;

/** Paths that git knows, or would with the next commit, from the root. */
export const FILES: readonly string[] = git('ls-files', '--cached', '--others', '--exclude-standard');
export const PAGES: readonly string[] = FILES.filter((path) => path.endsWith('.md'));
export const FOLDERS: ReadonlySet<string> = new Set(FILES.flatMap(foldersOf));

/** Every word of the sources: names of files, of code, of manifests. */
export const WORDS: ReadonlySet<string> = new Set(
  FILES.filter((path) => !FOREIGN.test(path)).flatMap((path) => [...wordsOf(path), ...wordsOf(read(path))]),
);

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function wordsOf(text: string): readonly string[] {
  return text.match(/[A-Za-z_]\w*/g) ?? [];
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function git(...args: string[]): string[] {
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 << 20 });
  return listed.trim().split('\n');
}
