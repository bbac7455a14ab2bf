import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Runs make-code-cache.cjs in `folder` on this Node, as the image's build does on the image's. */
export async function makeCodeCache(folder: string, flags: readonly string[]): Promise<void> {
  const env = { PATH: process.env.PATH };
  await promisify(execFile)(process.execPath, [...flags, join(folder, 'make-code-cache.cjs')], {
    env,
    timeout: 180_000,
  });
}
