/** A lock between processes: a file that names its holder, who touches it while it works. */
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LockOptions {
  /** How often the holder touches the file. One untouched for six times as long is a dead holder's, wherever it ran. */
  readonly beatMs?: number;
  /** How often somebody who waits looks again. */
  readonly pollMs?: number;
  /** Called once if another process holds the lock. */
  readonly onWait?: () => void;
}

/**
 * Runs `work` while no other process runs its own under the same path. What a process of this machine left behind that
 * was killed is taken over at once.
 *
 * Two waiters that find a dead holder's file at the same moment may both go on, since there is no atomic
 * "remove if old". So `work` must be safe to do twice; the lock saves time, it doesn't guard data.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { beatMs = 5_000, pollMs = beatMs / 5 } = options;
  await mkdir(dirname(path), { recursive: true });
  let { onWait } = options;
  while (!(await take(path))) {
    if ((await isOfDead(path)) || (await age(path)) > 6 * beatMs) {
      await rm(path, { force: true });
      continue;
    }
    onWait?.();
    onWait = undefined;
    await sleep(pollMs);
  }
  const beat = setInterval(() => void touch(path), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${process.pid} ${hostname()}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether a process of this machine holds it that is no more. Of another machine's nobody knows. */
async function isOfDead(path: string): Promise<boolean> {
  const [pid = '', host = ''] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ');
  if (host !== hostname() || !/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Milliseconds since the file was touched; 0 if it is gone. */
async function age(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found ? Date.now() - found.mtimeMs : 0;
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}
