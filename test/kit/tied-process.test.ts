import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { closeSync, openSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastAnswer } from './until.ts';
import { processesWith } from './processes.ts';
import { spawnTied } from './tied-process.ts';

describe('a tied process', () => {
  let folder: string;
  let output: number;
  const run = (script: string) => {
    // The folder's name is a parameter of the script, to find the process by.
    return spawnTied('sh', ['-c', script, folder], { env: process.env, output });
  };
  const noneLeft = () =>
    lastAnswer(
      () => processesWith(folder),
      (found) => found.length === 0,
    );

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolechain-tied-'));
    output = openSync(join(folder, 'log'), 'w');
  });
  afterEach(async () => {
    closeSync(output);
    await rm(folder, { recursive: true });
  });

  test('that ends by itself says how, and its watcher goes too', async () => {
    expect(await run('echo out; echo err >&2; exit 3').ended).toBe('exit code 3');
    expect(await readFile(join(folder, 'log'), 'utf8')).toBe('out\nerr\n');
    expect(await noneLeft()).toEqual([]);
  });

  test('that cannot start says so', async () => {
    const missing = spawnTied('no-such-program', [], { env: process.env, output });
    expect(await missing.ended).toBe('exit code 127');
    await missing.kill();
    expect(await readFile(join(folder, 'log'), 'utf8')).toMatch(/no-such-program/);
  });

  test('is killed with what it has started, even if it ignores SIGTERM', async () => {
    const tied = run(`trap '' TERM; sh -c 'sleep 600; :' "$0" & sleep 600; :`);
    expect(
      await lastAnswer(
        () => processesWith(folder),
        (found) => found.length === 3,
      ),
    ).toHaveLength(3);
    await tied.kill();
    expect(await tied.ended).toBe('SIGKILL');
    expect(await noneLeft()).toEqual([]);
  });

  test('ends with us, and so does what it has started', async () => {
    const holder = spawn(process.execPath, [
      join(import.meta.dirname, '..', 'cluster', 'testing', 'hold-children.ts'),
      folder,
    ]);
    // The holder, the shell, its child and the watcher.
    const all = await lastAnswer(
      () => processesWith(folder),
      (found) => found.length === 4,
    );
    expect(all).toHaveLength(4);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await noneLeft()).toEqual([]);
  });
});
