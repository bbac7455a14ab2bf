/**
 * Python packages as counterparts: virtual environments of the project's own, pinned, kept in the user's cache.
 * A folder of one is moved once it is complete, and scripts in its `bin` name the old place: run `python -m`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Absent } from '@rolechain/kit/when.ts';

export interface Venv {
  /** What the packages are, for messages. */
  readonly name: string;
  /** Folder in the cache; a new one for each version. */
  readonly folder: string;
  /** Requirements as pip takes them. */
  readonly requirements: readonly string[];
}

/** AWS's other widely used SDK. */
export const BOTOCORE: Venv = { name: 'botocore', folder: 'botocore-1.44.5', requirements: ['botocore==1.44.5'] };

/** Of October 2022: takes an authorization token from the environment alone, and reads no token file. */
export const OLD_BOTOCORE: Venv = {
  name: 'botocore of 2022',
  folder: 'botocore-1.29.0',
  requirements: ['botocore==1.29.0'],
};

/** AWS' own program, whose second version no registry has. */
export const AWS_CLI: Venv = { name: 'AWS CLI 1', folder: 'awscli-1.45.11', requirements: ['awscli==1.45.11'] };

/** A mock of AWS that others wrote, see moto.ts. */
export const MOTO: Venv = {
  name: 'moto',
  folder: 'moto-5.2.5',
  requirements: ['moto[server]==5.2.5', 'botocore==1.44.5', 'boto3==1.44.5'],
};

/** The environment's python; absent where it has not been made, with the reason. */
export function locatePython(venv: Venv = BOTOCORE): string | Absent {
  const python = join(folderOf(venv), 'bin', 'python');
  return existsSync(python)
    ? python
    : { reason: `${venv.name} is not installed: run \`node test/clients/prepare.ts\` (needs python3 with venv)` };
}

/** Makes the environment once. Needs python3 and the Python package index. */
export async function preparePython(venv: Venv = BOTOCORE): Promise<string | Absent> {
  const found = locatePython(venv);
  if (typeof found === 'string') return found;
  const target = folderOf(venv);
  const building = `${target}.${process.pid}`;
  await mkdir(dirname(target), { recursive: true });
  const install = ['install', '--quiet', '--disable-pip-version-check', ...venv.requirements];
  const made = run('python3', ['-m', 'venv', building]) ?? run(join(building, 'bin', 'pip'), install);
  if (made === undefined) await rename(building, target).catch(() => undefined);
  await rm(building, { recursive: true, force: true });
  return made === undefined ? locatePython(venv) : { reason: `${venv.name} can't be installed: ${made}` };
}

/** Undefined when it went well, else why not. */
function run(command: string, args: readonly string[]): string | undefined {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) return error.message;
  return status === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? 'failed');
}

function folderOf({ folder }: Venv): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(cache, 'rolechain', folder);
}
