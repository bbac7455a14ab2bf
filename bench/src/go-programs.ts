/** Go programs of bench/peers, compiled once for their sources. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of a release: static, without paths of this machine and without symbols. */
const FLAGS = ['-mod=readonly', '-trimpath', '-ldflags=-s -w', '-buildvcs=false'];

/**
 * The folder with the programs of `bench/peers/<module>`, each by the name of its folder, the one at the top by the
 * module's. Builds them where they are not there, which may take minutes. Throws with what Go says.
 */
export function goPrograms(module: string, say: (line: string) => void): string {
  const source = fileURLToPath(new URL(`../peers/${module}`, import.meta.url));
  const hash = createHash('sha256').update(FLAGS.join(' '));
  for (const file of globSync(['**/*.go', 'go.{mod,sum}'], { cwd: source }).toSorted())
    hash.update(`${file}\n`).update(readFileSync(join(source, file)));
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rolechain');
  const folder = join(cache, `go-${module}-${hash.digest('hex').slice(0, 12)}`);
  if (!existsSync(folder)) build(source, folder, say);
  return folder;
}

function build(source: string, folder: string, say: (line: string) => void): void {
  say(`building the Go programs of ${source}, once`);
  const building = `${folder}.${process.pid}`;
  mkdirSync(building, { recursive: true });
  const args = ['build', ...FLAGS, '-o', `${building}/`, './...'];
  const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' };
  const { status, error, stderr } = spawnSync('go', args, { cwd: source, encoding: 'utf8', env });
  // A rename is atomic: nobody meets half a program.
  if (status === 0 && !existsSync(folder)) renameSync(building, folder);
  rmSync(building, { recursive: true, force: true });
  if (!existsSync(folder))
    throw new Error(`the Go peer can't be built: ${error?.message ?? stderr.trim().slice(-500)}`);
}
