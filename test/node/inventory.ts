/** What a run could leave behind on the machine, counted before and after it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupFolders, cgroupMounts, processesIn } from './cgroups.ts';
import { FIXED_FOLDERS, MARK, STATE, SYSCTLS } from './places.ts';

/** Kind of thing → what there is of it. */
export type Inventory = Readonly<Record<string, readonly string[]>>;

/**
 * All of the machine's, apart from processes: of these only ours, since those of others come and go. A container is
 * its processes, mounts and network namespace; the runtime's own records are in STATE.
 */
export function takeInventory(): Inventory {
  return {
    process: [...marked(), ...cgroupFolders().flatMap(processesIn)].map(describe),
    // Network namespaces are kept alive by mounts, too.
    mount: lines('/proc/self/mountinfo').map((line) => line.split(' ')[4] ?? ''),
    'network interface': readdirSync('/sys/class/net'),
    'network namespace': names('/run/netns'),
    cgroup: [...cgroupFolders(), ...cgroupMounts().flatMap((mount) => subfolders(mount))].filter((one) => !isHeld(one)),
    file: [
      ...[STATE, ...FIXED_FOLDERS].filter((folder) => existsSync(folder)),
      ...['/run/containerd', '/run/containerd/s'].flatMap((folder) => names(folder).map((name) => join(folder, name))),
    ],
    'kernel setting': SYSCTLS.map((name) => `${name} = ${lines(join('/proc/sys', name)).join(' ')}`),
  };
}

/** Of another test's run beside this one (test/cgroup/memory.ts): named for its process, and taken away by it. */
function isHeld(folder: string): boolean {
  const holder = /\/rolechain-(\d+)$/.exec(folder)?.[1];
  return holder !== undefined && existsSync(`/proc/${holder}`);
}

/** What is in `after` and not in `before`, one line a thing. */
export function leftBehind(before: Inventory, after: Inventory): string[] {
  return Object.entries(after).flatMap(([kind, found]) => {
    const known = new Set(before[kind]);
    return [...new Set(found)].filter((one) => !known.has(one)).map((one) => `${kind} ${one}`);
  });
}

/** Process ids of what was started with our mark in its environment, children included; never our own. */
export function marked(): number[] {
  return names('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && read(`/proc/${pid}/environ`).split('\0').includes(`${MARK}=1`));
}

function describe(pid: number): string {
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  return `${pid} ${command.slice(0, 100)}`;
}

function subfolders(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));
}

function lines(path: string): string[] {
  return read(path).trim().split('\n');
}

/** Empty where it can't be read: processes end while they are looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
