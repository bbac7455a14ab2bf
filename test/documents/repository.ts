import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/build/root.ts';

/** Paths that git knows, or would with the next commit, from the root. */
export const FILES: readonly string[] = git('ls-files', '--cached', '--others', '--exclude-standard');
export const PAGES: readonly string[] = FILES.filter((path) => path.endsWith('.md'));
export const FOLDERS: ReadonlySet<string> = new Set(FILES.flatMap(foldersOf));

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function git(...args: string[]): string[] {
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 << 20 });
  return listed.trim().split('\n');
}
