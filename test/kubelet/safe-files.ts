/** Files of volumes: never outside of their volume, never half written. */
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** A path within a folder, by a relative path that an object of the API names. Steps upwards are refused. */
export function inside(folder: string, path: string): string {
  if (isAbsolute(path) || path.split('/').includes('..')) throw new Error(`${path} leads out of its volume`);
  return join(folder, path);
}

/** A reader sees the old content or the new one. Folders on the way are made. */
export async function writeAtomically(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const next = join(dirname(path), `.next-${basename(path)}`);
  await writeFile(next, data, { mode: 0o600 });
  await chmod(next, mode);
  await rename(next, path);
}
