/** Memory cgroups, version 1 and 2: what the kernel holds against a container's limit. Making them needs root. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@rolechain/kit/until.ts';
import { RESOURCES } from '@rolechain/shared';
import { parseQuantity } from '../../webhook/src/objects/quantity.ts';

/** The sidecar's, as it is shipped. */
export const SHIPPED_LIMIT_MIB = (parseQuantity(RESOURCES.memoryLimit) ?? NaN) / 2 ** 20;

export interface Hierarchy {
  readonly version: 1 | 2;
  readonly mount: string;
}

/** All in MiB. */
export interface Memory {
  /** What is charged: anonymous, file and kernel memory. */
  readonly usage: number;
  readonly anon: number;
  /** Pages of files that this group was the first to touch. */
  readonly file: number;
}

export interface MemoryGroup {
  /** A process that writes its id here belongs to the group from then on, and so does all that it allocates. */
  readonly enter: string;
  readonly memory: () => Memory;
  /** The most that was ever charged, in MiB; undefined before Linux 5.19 in version 2. */
  readonly peak: () => number | undefined;
  /**
   * The most that the kernel held for sockets, in MiB, where it is not in `peak`: version 1 counts it by itself, and
   * under no limit of ours. 0 in version 2.
   */
  readonly socketPeak: () => number;
  readonly oomKills: () => number;
}

export interface Groups {
  /** `limitMiB` is a hard limit. Names are used once. */
  readonly make: (name: string, limitMiB?: number) => MemoryGroup;
  /** Once their processes have ended. */
  readonly remove: () => Promise<void>;
}

/** Files of a group by version: cgroup-v1/memory.rst and cgroup-v2.rst of the kernel's documentation. */
const FILES = {
  1: {
    usage: 'memory.usage_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    limit: 'memory.limit_in_bytes',
    oom: 'memory.oom_control',
    anon: 'total_rss',
    file: 'total_cache',
    sockets: 'memory.kmem.tcp.max_usage_in_bytes',
    socketLimit: 'memory.kmem.tcp.limit_in_bytes',
  },
  2: {
    usage: 'memory.current',
    peak: 'memory.peak',
    limit: 'memory.max',
    oom: 'memory.events',
    anon: 'anon',
    file: 'file',
    sockets: undefined,
    socketLimit: undefined,
  },
} as const;

/** Far over what a test can reach: that there is one makes the kernel count. */
const SOCKET_LIMIT = 2 ** 40;

/** Where the memory controller is, from the text of /proc/self/mounts; version 1 where both are mounted and it has it. */
export function memoryHierarchy(mounts: string): Hierarchy | undefined {
  const lines = mounts.split('\n').map((line) => line.split(' '));
  const first = lines.find(([, , type, options]) => type === 'cgroup' && options?.split(',').includes('memory'));
  if (first?.[1] !== undefined) return { version: 1, mount: first[1] };
  const second = lines.find(([, , type]) => type === 'cgroup2');
  return second?.[1] === undefined ? undefined : { version: 2, mount: second[1] };
}

/** The value of a line `key value`; NaN where there is none. */
export function valueOf(text: string, key: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${key} `));
  return line === undefined ? NaN : Number(line.slice(key.length + 1));
}

/** MiB of a field of /proc/PID/smaps_rollup. */
export function smapsMiB(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? NaN) / 1024;
}

/** Words that put a command into a group before it begins. */
export function inGroup(enter: string | undefined, command: readonly string[]): readonly string[] {
  return enter === undefined ? command : ['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"', enter, ...command];
}

/** A place for groups below the root of the hierarchy, or why there is none. */
export function findGroups(): Groups | { readonly reason: string } {
  const hierarchy = memoryHierarchy(readFileSync('/proc/self/mounts', 'utf8'));
  if (hierarchy === undefined) return { reason: 'no memory cgroup is mounted' };
  const parent = join(hierarchy.mount, `rolechain-${process.pid}`);
  try {
    if (hierarchy.version === 2) writeFileSync(join(hierarchy.mount, 'cgroup.subtree_control'), '+memory');
    mkdirSync(parent);
    if (hierarchy.version === 2) writeFileSync(join(parent, 'cgroup.subtree_control'), '+memory');
    else writeFileSync(join(parent, 'memory.use_hierarchy'), '1');
  } catch (error) {
    if (existsSync(parent)) rmdirSync(parent);
    return { reason: `no memory cgroup can be made here (root can): ${String(error)}` };
  }
  const folders: string[] = [];
  const make: Groups['make'] = (name, limitMiB) => {
    const folder = join(parent, name);
    mkdirSync(folder);
    folders.push(folder);
    return groupIn(folder, hierarchy.version, limitMiB);
  };
  return {
    make,
    remove: async () => {
      for (const folder of [...folders, parent]) await removeGroup(folder);
    },
  };
}

function groupIn(folder: string, version: 1 | 2, limitMiB: number | undefined): MemoryGroup {
  const files = FILES[version];
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const mib = (bytes: number): number => bytes / 2 ** 20;
  if (limitMiB !== undefined) writeFileSync(join(folder, files.limit), String(limitMiB * 2 ** 20));
  if (files.socketLimit !== undefined) writeFileSync(join(folder, files.socketLimit), String(SOCKET_LIMIT));
  return {
    enter: join(folder, 'cgroup.procs'),
    memory: () => {
      const stat = read('memory.stat');
      const of = (key: string): number => mib(valueOf(stat, key));
      return { usage: mib(Number(read(files.usage))), anon: of(files.anon), file: of(files.file) };
    },
    peak: () => (existsSync(join(folder, files.peak)) ? mib(Number(read(files.peak))) : undefined),
    socketPeak: () => (files.sockets === undefined ? 0 : mib(Number(read(files.sockets)))),
    oomKills: () => valueOf(read(files.oom), 'oom_kill'),
  };
}

/** The kernel takes a moment to let go of a process that has ended. */
async function removeGroup(folder: string): Promise<void> {
  await eventually(`${folder} is empty`, () => {
    rmdirSync(folder);
    return true;
  });
}
