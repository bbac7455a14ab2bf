/** The Go programs of bench/peers/webhook: the peer and the generator of load, compiled once for these sources. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../peers/webhook', import.meta.url));
const FILES = ['go.mod', 'go.sum', 'main.go', 'inject.go', 'load/main.go'];

export interface GoPrograms {
  readonly webhook: string;
  readonly load: string;
}

/** Builds them where they are not there; takes minutes the first time. Throws with what Go says. */
export function goPrograms(say: (line: string) => void): GoPrograms {
  const hash = createHash('sha256');
  for (const file of FILES) hash.update(readFileSync(join(SOURCE, file)));
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rolechain');
  const folder = join(cache, `go-webhook-${hash.digest('hex').slice(0, 12)}`);
  if (!existsSync(folder)) build(folder, say);
  return { webhook: join(folder, 'webhook'), load: join(folder, 'load') };
}

function build(folder: string, say: (line: string) => void): void {
  say('building the Go peer, once');
  const building = `${folder}.${process.pid}`;
  mkdirSync(building, { recursive: true });
  const args = [
    'build',
    '-mod=readonly',
    '-trimpath',
    '-ldflags=-s -w',
    '-buildvcs=false',
    '-o',
    `${building}/`,
    './...',
  ];
  const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' };
  const { status, error, stderr } = spawnSync('go', args, { cwd: SOURCE, encoding: 'utf8', env });
  // A rename is atomic: nobody meets half a program.
  if (status === 0 && !existsSync(folder)) renameSync(building, folder);
  rmSync(building, { recursive: true, force: true });
  if (!existsSync(folder))
    throw new Error(`the Go peer can't be built: ${error?.message ?? stderr.trim().slice(-500)}`);
}
