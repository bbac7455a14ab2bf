/** The cgroup that kubelet keeps all pods in: on cgroup v1 one in each hierarchy, on v2 one. */
import { mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP } from './places.ts';

/** Where the hierarchies are mounted. */
export function cgroupMounts(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  // "<…> <mount point> <options> - <type> <source> <options>"; a hybrid machine has v2 beside v1, without controllers.
  const found = lines.filter((line) => / - cgroup2? /.test(line)).map((line) => line.split(' ')[4] ?? '');
  return [...new Set(found)];
}

/** Makes the cgroup, which kubelet wants to be there. Returns the controllers that had to be turned on for it. */
export function makeCgroup(): string[] {
  const enabled = cgroupMounts().flatMap((mount) => enableControllers(mount));
  for (const mount of cgroupMounts()) mkdirSync(join(mount, CGROUP), { recursive: true });
  return enabled;
}

/** Ours in all hierarchies, the innermost first. */
export function cgroupFolders(): string[] {
  const below = (folder: string): string[] => {
    try {
      const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      return [...folders.flatMap(({ name }) => below(join(folder, name))), folder];
    } catch {
      return [];
    }
  };
  return cgroupMounts().flatMap((mount) => below(join(mount, CGROUP)));
}

/** Process ids directly in a cgroup. */
export function processesIn(folder: string): number[] {
  try {
    return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Removes ours where no process is left in them. */
export function removeCgroups(): void {
  for (const folder of cgroupFolders()) {
    try {
      rmdirSync(folder);
    } catch {
      // Still in use: anyone who asks again finds it.
    }
  }
}

/** Turns off what makeCgroup had to turn on. */
export function disableControllers(enabled: readonly string[]): void {
  for (const entry of enabled) {
    const [file = '', controller = ''] = entry.split(' ');
    writeFileSync(file, `-${controller}`);
  }
}

/** On v2 a cgroup has the controllers that the one above it hands down. Each entry: the file and the controller. */
function enableControllers(mount: string): string[] {
  const file = join(mount, 'cgroup.subtree_control');
  const words = (path: string): string[] => readFileSync(path, 'utf8').trim().split(' ').filter(Boolean);
  try {
    const missing = words(join(mount, 'cgroup.controllers')).filter((name) => !words(file).includes(name));
    for (const name of missing) writeFileSync(file, `+${name}`);
    return missing.map((name) => `${file} ${name}`);
  } catch {
    // v1 has no such file.
    return [];
  }
}
