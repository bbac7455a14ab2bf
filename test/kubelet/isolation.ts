/** Private mounts for one process, by util-linux' `unshare` and `nsenter`, where the kernel allows it. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Mount } from './mounts.ts';
import { startPause } from './pause.ts';

/** How a process gets a mount namespace on this machine. */
export interface Way {
  /** Command that makes the namespace and runs what follows it. */
  readonly unshare: readonly string[];
  /** Command that enters the namespace of a process, goes to a folder and runs what follows, with its own environment. */
  readonly enter: (pid: number, cwd: string) => readonly string[];
}

export type Probe = { readonly ok: true; readonly way: Way } | { readonly ok: false; readonly reason: string };

let probed: Promise<Probe> | undefined;

/** Whether processes can have mounts of their own here. Tried once for real, then remembered. */
export function canIsolate(): Promise<Probe> {
  probed ??= probe();
  return probed;
}

/** Where the tools are looked for: an ordinary user's PATH often lacks the `sbin` folders. */
export function toolPath(): string {
  return [process.env.PATH, '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].filter(Boolean).join(delimiter);
}

async function probe(): Promise<Probe> {
  if (process.platform !== 'linux') return { ok: false, reason: `${process.platform} has no mount namespaces` };
  const [unshare, nsenter, env] = await Promise.all([find('unshare'), find('nsenter'), find('env')]);
  if (!unshare || !nsenter || !env) return { ok: false, reason: 'unshare or nsenter (util-linux) is not installed' };
  const goTo = (cwd: string) => [env, '-C', cwd];
  const asRoot: Way = {
    unshare: [unshare, '--mount'],
    enter: (pid, cwd) => [nsenter, '--target', `${pid}`, '--mount', ...goTo(cwd)],
  };
  const asUser: Way = {
    unshare: [unshare, '--user', '--map-root-user', '--mount'],
    enter: (pid, cwd) => [nsenter, '--target', `${pid}`, '--user', '--preserve-credentials', '--mount', ...goTo(cwd)],
  };
  const reasons: string[] = [];
  for (const way of process.getuid?.() === 0 ? [asRoot, asUser] : [asUser]) {
    const reason = await attempt(way);
    if (reason === undefined) return { ok: true, way };
    reasons.push(reason);
  }
  return { ok: false, reason: reasons.join('; ') };
}

/** Undefined when the way works; otherwise the first line of what was said. */
async function attempt(way: Way): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-probe-'));
  try {
    const { operations } = await mountOperations(
      [{ source: folder, target: '/run/rolechain', readOnly: true }],
      folder,
    );
    const pause = await startPause({ unshare: way.unshare, operations, path: toolPath(), removeAfter: folder });
    try {
      const [command = '', ...args] = way.enter(pause.pid, '/run/rolechain');
      await promisify(execFile)(command, [...args, '/bin/sh', '-c', ':']);
      return undefined;
    } finally {
      pause.end();
    }
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function find(tool: string): Promise<string | undefined> {
  for (const folder of toolPath().split(delimiter)) {
    const path = join(folder, tool);
    if (await allowed(path, constants.X_OK)) return path;
  }
  return undefined;
}

/**
 * The holder's operations that make these mounts (see pause.ts).
 *
 * /run and /var/run, on most systems one folder by two names, are covered by a file system of our own, so that
 * mount points can be made without touching the machine's. Anywhere else a mount point must be there already; a
 * mount without one is left out with a note.
 */
export async function mountOperations(
  mounts: readonly Mount[],
  folder: string,
): Promise<{ readonly operations: readonly string[]; readonly notes: readonly string[] }> {
  const stages = new Map<string, string>();
  const binds: string[] = [];
  const notes: string[] = [];
  for (const { source, target, readOnly } of mounts) {
    const mode = readOnly ? 'ro' : 'rw';
    const base = /^(?:\/var)?\/run(?=\/)/.exec(target)?.[0];
    const real = base && (await realpath(base).catch(() => undefined));
    if (base && real) {
      const fixture = stages.get(real) ?? join(folder, `fixture-${stages.size}`);
      stages.set(real, fixture);
      binds.push('bind', source, fixture + target.slice(base.length), mode);
    } else if (await stat(target).catch(() => undefined)) {
      binds.push('bind', source, target, mode);
    } else {
      notes.push(`the mount at ${target} is left out: this machine has nothing at that path to mount onto`);
    }
  }
  return {
    operations: [
      ...[...stages.values()].flatMap((fixture) => ['fixture', fixture]),
      ...binds,
      ...[...stages].flatMap(([base, fixture]) => ['cover', fixture, base]),
    ],
    notes,
  };
}

async function allowed(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
