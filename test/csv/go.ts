/** Go's own CSV reader as a program: go/main.go, compiled in the test that asks it. It needs Go, and no module. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Absent } from '@rolechain/kit/when.ts';

const SOURCE = join(import.meta.dirname, 'go');

/** The `go` command. */
export function locateGo(): string | Absent {
  const { status } = spawnSync('go', ['version']);
  return status === 0 ? 'go' : { reason: 'there is no `go` here: install Go 1.22 or later' };
}

/** Compiles the program into this folder, and returns its path. */
export function buildReader(go: string, folder: string): string {
  const program = join(folder, 'csv');
  const { status, error, stderr } = spawnSync(go, ['build', '-trimpath', '-buildvcs=false', '-o', program, '.'], {
    cwd: SOURCE,
    encoding: 'utf8',
    env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '' },
  });
  if (status !== 0) throw new Error(`Go's reader can't be built: ${error?.message ?? stderr}`);
  return program;
}

/** The first record of each of these texts; null where Go gives an error. */
export function readByGo(program: string, texts: readonly string[]): (string[] | null)[] {
  const { status, stdout, stderr } = spawnSync(program, {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as (string[] | null)[];
}
