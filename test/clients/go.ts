/** The AWS SDK for Go v2 as a client: the programs in go/, compiled once for this user and its sources. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Absent } from '@rolechain/kit/when.ts';
import { sourceDigest } from '../cluster/releases.ts';

const SOURCE = join(import.meta.dirname, 'go');

/** The folder of its module. */
export function goModule(): string {
  return SOURCE;
}

/** Path of the program; absent where it has not been built, with the reason. */
export function locateGoClient(): string | Absent {
  const program = target();
  return existsSync(program)
    ? program
    : { reason: 'the Go client is not built: run `node test/clients/prepare.ts` (needs Go 1.25 or later)' };
}

/** Builds it once. Needs Go and the module proxy; the module's go.sum pins what comes from there. */
export async function prepareGoClient(): Promise<string | Absent> {
  const found = locateGoClient();
  if (typeof found === 'string') return found;
  const building = `${target()}.${process.pid}`;
  await mkdir(dirname(building), { recursive: true });
  const { status, error, stderr } = spawnSync(
    'go',
    ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', building, '.'],
    {
      cwd: SOURCE,
      encoding: 'utf8',
      env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' },
    },
  );
  // A rename is atomic: nobody meets half a program, and of two builds at once one stays.
  if (status === 0) await rename(building, target());
  await rm(building, { force: true });
  if (status === 0) return locateGoClient();
  return { reason: `the Go client can't be built: ${error?.message ?? stderr.trim().slice(-500)}` };
}

/** Other sources never meet an old program. */
function target(): string {
  const digest = sourceDigest(SOURCE, ['go.mod', 'go.sum', 'main.go', 'asking.go']);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(cache, 'rolechain', `go-client-${digest}`);
}
