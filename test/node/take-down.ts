/**
 * Ends whatever a run has started and undoes what it changed, however that run ended: what there is to undo is read
 * from the machine and from STATE, not from this process's memory.
 */
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { cgroupFolders, disableControllers, processesIn, removeCgroups } from './cgroups.ts';
import { marked } from './inventory.ts';
import { FIXED_FOLDERS, NETWORK, STATE, SYSCTLS } from './places.ts';
import { tryRun } from './run.ts';

/** What was there before, so that it can be so again. */
interface Before {
  readonly sysctls: Readonly<Record<string, string>>;
  readonly folders: readonly string[];
  readonly controllers: readonly string[];
}

const NOTE = join(STATE, 'before.json');

/** Written first of all: without it nothing was started. */
export function noteBefore(controllers: readonly string[]): void {
  const sysctls = Object.fromEntries(SYSCTLS.map((name) => [name, readFileSync(join('/proc/sys', name), 'utf8')]));
  const folders = FIXED_FOLDERS.filter((folder) => existsSync(folder));
  writeFileSync(NOTE, JSON.stringify({ sysctls, folders, controllers } satisfies Before));
}

/** Whether a run is, or was not taken down. */
export const isUp = (): boolean => existsSync(STATE);

export async function takeDown(): Promise<void> {
  if (!isUp()) return;
  // The runtime's watchers of containers first: one that outlives its container cleans up where we do.
  await endAll(marked);
  await endAll(() => cgroupFolders().flatMap(processesIn));
  await unmountAll();
  // The other ends are in the pods' network namespaces, which end some moments after their last mount.
  await tryRun('ip', ['link', 'delete', NETWORK.bridge]);
  await until('the network interfaces of pods are gone', PATIENCE_MS, async () => {
    const { stdout } = await tryRun('ip', ['-brief', 'link', 'show', 'master', NETWORK.bridge]);
    return stdout.trim() === '';
  });
  await until('the cgroups are empty', PATIENCE_MS, () => {
    removeCgroups();
    return cgroupFolders().length === 0;
  });
  restore();
  removeShimSockets();
  rmSync(STATE, { recursive: true, force: true });
}

/** SIGKILL until there are none, since they start others. */
async function endAll(pids: () => number[]): Promise<void> {
  await until('the processes have ended', PATIENCE_MS, () => {
    const found = pids();
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    return found.length === 0;
  });
}

async function unmountAll(): Promise<void> {
  const mounts = (): string[] => {
    const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
    return lines.map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(`${STATE}/`));
  };
  await until('the mounts are gone', PATIENCE_MS, async () => {
    // The last one mounted may lie on others.
    for (const path of mounts().reverse()) await tryRun('umount', [path]);
    return mounts().length === 0;
  });
}

function restore(): void {
  if (!existsSync(NOTE)) return;
  const { sysctls, folders, controllers } = JSON.parse(readFileSync(NOTE, 'utf8')) as Before;
  for (const [name, value] of Object.entries(sysctls)) {
    const path = join('/proc/sys', name);
    if (readFileSync(path, 'utf8') !== value) writeFileSync(path, value);
  }
  for (const folder of FIXED_FOLDERS) {
    if (!folders.includes(folder)) rmSync(folder, { recursive: true, force: true });
  }
  disableControllers(controllers);
}

/** Where the machine has a containerd of its own, its folder stays: what nobody listens on there was ours. */
function removeShimSockets(): void {
  const folder = '/run/containerd/s';
  const listening = readFileSync('/proc/net/unix', 'utf8');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name);
    if (!listening.includes(path)) rmSync(path);
  }
}
