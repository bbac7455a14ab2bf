/**
 * botocore, as AWS's other widely used SDK: in a virtual environment of the project's own, pinned, kept in
 * the user's cache.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const BOTOCORE = '1.44.5';

export interface Absent {
  readonly reason: string;
}

/** The environment's python; absent where it has not been made, with the reason. */
export function locatePython(): string | Absent {
  const python = join(folder(), 'bin', 'python');
  return existsSync(python)
    ? python
    : { reason: 'botocore is not installed: run `node test/clients/prepare.ts` (needs python3 with venv)' };
}

/** Makes the environment once. Needs python3 and the Python package index. */
export async function preparePython(): Promise<string | Absent> {
  const found = locatePython();
  if (typeof found === 'string') return found;
  const target = folder();
  const building = `${target}.${process.pid}`;
  await mkdir(join(target, '..'), { recursive: true });
  const made =
    run('python3', ['-m', 'venv', building]) ??
    run(join(building, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', `botocore==${BOTOCORE}`]);
  if (made === undefined) await rename(building, target).catch(() => undefined);
  await rm(building, { recursive: true, force: true });
  return made === undefined ? locatePython() : { reason: `botocore can't be installed: ${made}` };
}

/** Undefined when it went well, else why not. */
function run(command: string, args: readonly string[]): string | undefined {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) return error.message;
  return status === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? 'failed');
}

function folder(): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(cache, 'rolechain', `botocore-${BOTOCORE}`);
}
