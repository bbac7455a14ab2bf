/** Reads what `-f` names: files, folders, standard input. Bounded before anything is parsed. */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { CodedError, LIMITS } from '@rolechain/shared';
import type { Surroundings } from '../terminal/command.ts';

/** One text, and how messages call it. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

export const STDIN = 'standard input';
const MANIFEST = /\.(?:ya?ml|json)$/;

type Where = Pick<Surroundings, 'stdin' | 'cwd'>;

/** In the order in which they are named; of a folder its YAML and JSON files by name, as kubectl reads one. */
export async function readSources(
  names: readonly string[],
  where: Where,
  folders: Folders = { endings: MANIFEST, isDeep: false },
): Promise<readonly Source[]> {
  if (names.includes('')) throw new CodedError('UsageInvalid', 'The name of a file is empty.');
  if (names.filter((name) => name === '-').length > 1) {
    throw new CodedError('UsageInvalid', `${STDIN} (-) can be read once.`, { fix: 'Name - once.' });
  }
  const paths = (await Promise.all(names.map((name) => expand(name, where.cwd, folders)))).flat();
  if (paths.length > LIMITS.manifestFiles)
    throw tooLarge(`They are ${paths.length}; the limit is ${LIMITS.manifestFiles} files.`);
  const sources: Source[] = [];
  let left: number = LIMITS.manifestBytes;
  for (const path of paths) {
    const bytes = path === '-' ? await readStream(where.stdin, left, STDIN) : await readOne(path, where.cwd, left);
    left -= bytes.length;
    sources.push({ name: path === '-' ? STDIN : path, text: bytes.toString('utf8') });
  }
  return sources;
}

/** One file's text, of a setting or the like. */
export async function readSource(name: string, where: Where): Promise<Source> {
  const [source] = await readSources([name], where);
  if (!source) throw new CodedError('FileUnreadable', `${name} is an empty folder.`);
  return source;
}

/** What is read of a folder. */
export interface Folders {
  readonly endings: RegExp;
  /** With the folders in it. */
  readonly isDeep: boolean;
}

async function expand(name: string, cwd: string, { endings, isDeep }: Folders): Promise<readonly string[]> {
  if (name === '-') return [name];
  try {
    if (!(await stat(resolve(cwd, name))).isDirectory()) return [name];
    const found = await readdir(resolve(cwd, name), { recursive: isDeep });
    const files = found.filter((file) => endings.test(file)).sort();
    const paths = files.map((file) => join(name, file));
    // A pipe in a folder would be waited for.
    const kinds = await Promise.all(paths.map((path) => stat(resolve(cwd, path)).catch(() => undefined)));
    return paths.filter((_, at) => kinds[at]?.isFile());
  } catch (error) {
    throw unreadable(name, error);
  }
}

async function readOne(name: string, cwd: string, most: number): Promise<Buffer> {
  const path = resolve(cwd, name);
  try {
    // Not by its size: a pipe has none until it is read.
    return await readStream(createReadStream(path), most, name);
  } catch (error) {
    throw error instanceof CodedError ? error : unreadable(name, error);
  }
}

async function readStream(stream: Readable, most: number, name: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream as AsyncIterable<Buffer | string>) {
    const read = Buffer.from(piece);
    bytes += read.length;
    if (bytes > most) throw tooLarge(`${name} has more.`);
    pieces.push(read);
  }
  return Buffer.concat(pieces);
}

function tooLarge(detail: string): CodedError {
  const limit = `${LIMITS.manifestBytes / 1024 / 1024} MiB together`;
  return new CodedError('FileInvalid', detail, { fix: `Give fewer or smaller files: at most ${limit}.` });
}

/** The system's code alone, such as ENOENT: its message repeats the path. */
function unreadable(name: string, error: unknown): CodedError {
  const { code = '' } = error as { readonly code?: string };
  return new CodedError('FileUnreadable', `${name}${code === '' ? '' : ` (${code})`}.`, { cause: error });
}
