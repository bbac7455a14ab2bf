/** Which files of ours a file leads to by its imports: a scan of the text, cheap enough to be done before every run. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** Types alone don't count: nothing of them is loaded. */
const IMPORTS =
  /(?:^|\n)[^\S\n]*(?:import|export)\s(?!\s*type\s)[^'"`;]*?['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g;

/** What a file's text imports, as it is written there. Pure. */
export function specifiersIn(text: string): string[] {
  return [...text.matchAll(IMPORTS)].map(([, whole, dynamic]) => whole ?? dynamic ?? '');
}

/** Gives a file and all of ours that it leads to; paths are relative to `root`, with slashes. */
export function makeReach(root: string): (file: string) => ReadonlySet<string> {
  const direct = new Map<string, readonly string[]>();
  const exportsOf = makeExports(root);

  function importsOf(file: string): readonly string[] {
    const known = direct.get(file);
    if (known) return known;
    const text = readFileSync(join(root, file), 'utf8');
    const found = specifiersIn(text).flatMap((specifier) => resolve(file, specifier) ?? []);
    direct.set(file, found);
    return found;
  }

  function resolve(from: string, specifier: string): string | undefined {
    const path = specifier.startsWith('.')
      ? posix.join(posix.dirname(from), specifier)
      : specifier.startsWith('@rolechain/')
        ? exportsOf(specifier)
        : undefined;
    // What only looks like an import, in a text, names no file.
    return path !== undefined && /\.\w+$/.test(path) && existsSync(join(root, path)) ? path : undefined;
  }

  return (file) => {
    const reached = new Set([file]);
    // A set goes on to what is added meanwhile.
    for (const one of reached) if (/\.m?ts$/.test(one)) for (const next of importsOf(one)) reached.add(next);
    return reached;
  };
}

/** The kit and the doubles are packages of their own inside test/. */
function folderOf(root: string, name: string): string {
  return existsSync(join(root, name, 'package.json')) ? name : posix.join('test', name);
}

/** The files behind the names of our packages, by the `exports` of their package.json. */
function makeExports(root: string): (specifier: string) => string | undefined {
  const packages = new Map<string, readonly (readonly [string, string])[]>();
  return (specifier) => {
    const [, name = '', rest = ''] = /^@rolechain\/([^/]+)((?:\/.*)?)$/.exec(specifier) ?? [];
    let entries = packages.get(name);
    if (entries === undefined) {
      const folder = folderOf(root, name);
      const { exports = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
        exports?: Record<string, string>;
      };
      entries = Object.entries(exports);
      packages.set(name, entries);
    }
    for (const [key, target] of entries) {
      const [before = '', after] = key.split('*');
      const asked = `.${rest}`;
      if (after === undefined ? asked === key : asked.startsWith(before)) {
        return posix.join(folderOf(root, name), target.replace('*', asked.slice(before.length)));
      }
    }
    return undefined;
  };
}

/** Whether a file stands beside the source that it tests. */
export function isBesideSource(file: string): boolean {
  return dirname(file).split('/')[0] !== 'test';
}
