import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@rolechain/kit/until.ts';
import { withLock } from './lock.ts';

describe('withLock', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolechain-lock-'));
    path = join(folder, 'new', 'lock');
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('lets one at a time work', async () => {
    let working = 0;
    let most = 0;
    let waits = 0;
    const work = async () => {
      most = Math.max(most, ++working);
      await sleep(50);
      working--;
    };
    const options = { pollMs: 5, onWait: () => waits++ };
    await Promise.all([1, 2, 3].map(() => withLock(path, work, options)));
    expect({ most, waits }).toEqual({ most: 1, waits: 2 });
    expect(existsSync(path)).toBe(false);
  });

  const longAgo = new Date(Date.now() - 3_600_000);

  test('is touched while the work lasts', async () => {
    const work = async () => {
      await utimes(path, longAgo, longAgo);
      await eventually('it is touched', () => statSync(path).mtimeMs !== longAgo.getTime(), { everyMs: 5 });
    };
    await withLock(path, work, { beatMs: 20 });
  });

  test('is taken at once from a holder that was killed', async () => {
    await withLock(path, () => Promise.resolve());
    const holder = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
    await writeFile(path, `${holder.pid} ${hostname()}\n`);
    const waits = Promise.withResolvers<undefined>();
    const options = { pollMs: 5, onWait: () => waits.resolve(undefined) };
    const taken = withLock(path, () => Promise.resolve('done'), options);
    await waits.promise;
    holder.kill('SIGKILL');
    expect(await taken).toBe('done');
  });

  test('is taken from one of another machine that has not touched it for long', async () => {
    await withLock(path, () => Promise.resolve());
    await writeFile(path, `${process.pid} of-another-machine\n`);
    await utimes(path, longAgo, longAgo);
    expect(await withLock(path, () => Promise.resolve('done'))).toBe('done');
  });

  test('is given back after a failure', async () => {
    await expect(withLock(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(existsSync(path)).toBe(false);
  });
});
