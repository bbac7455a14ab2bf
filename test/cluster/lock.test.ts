import { existsSync } from 'node:fs';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from './lock.ts';

describe('withLock', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolechain-lock-'));
    path = join(folder, 'new', 'lock');
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('lets one at a time work, for longer than a dead holder is waited for', async () => {
    let working = 0;
    let most = 0;
    let waits = 0;
    const work = async () => {
      most = Math.max(most, ++working);
      await sleep(400);
      working--;
    };
    const options = { beatMs: 20, onWait: () => waits++ };
    await Promise.all([1, 2, 3].map(() => withLock(path, work, options)));
    expect({ most, waits }).toEqual({ most: 1, waits: 2 });
    expect(existsSync(path)).toBe(false);
  });

  test('is taken from a dead holder', async () => {
    await withLock(path, () => Promise.resolve());
    await writeFile(path, '1\n');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(path, longAgo, longAgo);
    expect(await withLock(path, () => Promise.resolve('done'))).toBe('done');
  });

  test('is given back after a failure', async () => {
    await expect(withLock(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(existsSync(path)).toBe(false);
  });
});
