import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startCluster } from './apiserver.ts';
import { describeWithBinaries } from './jest.ts';
import { lastAnswer } from '@rolechain/kit/until.ts';
import { processesWith } from '@rolechain/kit/processes.ts';

describeWithBinaries('the end of a test cluster', (binaries) => {
  const none = (found: readonly unknown[]) => found.length === 0;

  test('stop leaves no process and no file, and may be called twice', async () => {
    const cluster = await startCluster({ binaries });
    const folder = dirname(cluster.kubeconfigPath);
    expect(await processesWith(folder)).not.toEqual([]);
    await cluster.stop();
    await cluster.stop();
    expect(await lastAnswer(() => processesWith(folder), none)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    expect(cluster.logTail()).toBe('');
  });

  test('stop ends a paused kube-apiserver too', async () => {
    const cluster = await startCluster({ binaries });
    cluster.pauseApiserver();
    await cluster.stop();
    const found = () => processesWith(dirname(cluster.kubeconfigPath));
    expect(await lastAnswer(found, none)).toEqual([]);
  });

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('our own end by %s leaves nothing', async (signal) => {
    const holder = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'hold.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(holder.stdout, 'data')) as [Buffer];
    const folder = dirname(line.toString().trim());
    // etcd, kube-apiserver and their watchers.
    expect(await processesWith(folder)).toHaveLength(4);
    holder.kill(signal);
    await once(holder, 'exit');
    expect(await lastAnswer(() => processesWith(folder), none)).toEqual([]);
    expect(
      await lastAnswer(
        () => Promise.resolve(existsSync(folder)),
        (there) => !there,
      ),
    ).toBe(false);
  });

  test('a kube-apiserver that ends at once is reported with its log, and etcd is ended', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rolechain-failing-'));
    const { TMPDIR } = process.env;
    process.env.TMPDIR = folder;
    try {
      await expect(startCluster({ binaries, apiserverArgs: ['--no-such-flag=1'] })).rejects.toThrow(
        /kube-apiserver has ended: exit code 1\n[^]*no-such-flag/,
      );
      expect(await lastAnswer(() => processesWith(folder), none)).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
      await rm(folder, { recursive: true });
    }
  });
});
