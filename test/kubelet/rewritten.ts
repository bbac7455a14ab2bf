/** Mounts for machines without mount namespaces: a folder of links, and paths that lead into it. */
import { mkdir, mkdtemp, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Mount } from './mounts.ts';

/** A new folder below `parent` in which each mount's target is a link to its source. */
export async function makeRoot(mounts: readonly Mount[], parent: string): Promise<string> {
  const root = await mkdtemp(join(parent, 'root-'));
  for (const { source, target } of mounts) {
    const link = join(root, target);
    await mkdir(dirname(link), { recursive: true });
    await symlink(source, link);
  }
  return root;
}

/** The environment with `root` put before every value that is one of the mounts' targets or a path below it. */
export function rewriteEnvironment(
  env: Readonly<Record<string, string>>,
  mounts: readonly Mount[],
  root: string,
): Record<string, string> {
  const leadsThere = (value: string) => mounts.some(({ target }) => value === target || value.startsWith(`${target}/`));
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, leadsThere(value) ? root + value : value]),
  );
}
