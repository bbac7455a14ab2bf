/**
 * Runs the program of one container as a process of this machine, with exactly the environment, arguments
 * and files that the Pod names. What a container has beyond that (image, user, limits, network) it has not.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { ENV, SIDECAR } from '@rolechain/shared';
import { containerEnvironment, expandCommand, type EnvironmentOptions } from './environment.ts';
import { canIsolate, mountOperations, toolPath, type Way } from './isolation.ts';
import { containerMounts, type Mount } from './mounts.ts';
import { collect } from './output.ts';
import { startPause, type Pause } from './pause.ts';
import type { Container, Pod } from '@rolechain/kit/pod.ts';
import { makeRoot, rewriteEnvironment } from './rewritten.ts';
import type { PodVolumes } from './volumes.ts';

export type Isolation = 'mount-namespace' | 'rewritten-paths';

export interface RunOptions extends EnvironmentOptions {
  readonly pod: Pod;
  readonly container: Container;
  readonly volumes: PodVolumes;
  /** Stands for the image's entrypoint and the container's `command`: an absolute path, then arguments. */
  readonly command: readonly [string, ...string[]];
  /** Default: the container's own, expanded. */
  readonly args?: readonly string[];
  /** Default: this process's. The container's `workingDir` is a folder of its image. */
  readonly cwd?: string;
  /** `auto` (default) takes a mount namespace where there is one. */
  readonly isolation?: 'auto' | 'rewritten-paths';
  /** Called with each line of output, without its end. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningContainer {
  /** The program itself: its pid takes signals. */
  readonly process: ChildProcess;
  readonly isolation: Isolation;
  /** Prints what kind of isolation this is. */
  readonly sentence: string;
  /** Prints what of the pod is left out. */
  readonly notes: readonly string[];
  /** Resolves once the program has ended and all of its output is there. */
  readonly exited: Promise<Exit>;
  /** Output so far, at most its last MiB. */
  stdout(): string;
  stderr(): string;
  /** SIGTERM, and after the grace SIGKILL. Resolves with how it ended. */
  stop(graceMs?: number): Promise<Exit>;
}

/**
 * Starts the program. It, and what it starts, ends with this process in whatever way that ends.
 *
 * @throws Error when the program can't be started.
 */
export async function runContainer(options: RunOptions): Promise<RunningContainer> {
  const { pod, container, volumes } = options;
  await refuseUnusable(options.command[0]);
  const { env, notes } = containerEnvironment(pod, container, options);
  const { mounts, notes: mountNotes } = await containerMounts(pod, container, volumes);
  const command = [...options.command, ...(options.args ?? expandCommand(container, env).args)];
  const isolated = options.isolation === 'rewritten-paths' ? undefined : await canIsolate();
  const plan: Plan = { command, env, mounts, cwd: options.cwd ?? process.cwd(), folder: volumes.folder };
  const started = isolated?.ok
    ? await startIsolated(plan, isolated.way)
    : await startRewritten(plan, container.name, isolated?.reason);
  return handle(started, [...notes, ...mountNotes, ...started.notes], options);
}

interface Plan {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly cwd: string;
  readonly folder: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly pause: Pause;
  readonly isolation: Isolation;
  readonly sentence: string;
  readonly notes: readonly string[];
}

async function startIsolated({ command, env, mounts, cwd, folder }: Plan, way: Way): Promise<Started> {
  const { operations, notes } = await mountOperations(mounts, folder);
  const pause = await startPause({ unshare: way.unshare, operations, path: toolPath(), removeAfter: folder });
  const child = await start(pause, [...way.enter(pause.pid, cwd), ...command], env, cwd);
  const sentence = 'The container sees its files at the paths that the pod names, in a mount namespace of its own.';
  return { child, pause, isolation: 'mount-namespace', sentence, notes };
}

async function startRewritten(plan: Plan, name: string, reason = 'so asked for'): Promise<Started> {
  const { command, mounts, cwd, folder } = plan;
  const root = await makeRoot(mounts, folder);
  const env = rewriteEnvironment(plan.env, mounts, root);
  // The sidecar's own paths stand in no variable.
  if (name === SIDECAR.name) env[ENV.root] = root;
  const pause = await startPause({ unshare: [], operations: [], path: toolPath(), removeAfter: folder });
  const child = await start(pause, command, env, cwd);
  const sentence = `Without a mount namespace (${reason}) the container's paths lead into a temporary folder, and read-only mounts can be written to.`;
  return { child, pause, isolation: 'rewritten-paths', sentence, notes: [] };
}

async function start(pause: Pause, command: readonly string[], env: Plan['env'], cwd: string): Promise<ChildProcess> {
  const [program = '', ...args] = command;
  try {
    // A group of its own, which the holder ends; Ctrl-C in a terminal is for us.
    const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    if (child.pid !== undefined) pause.guard(child.pid);
    await once(child, 'spawn');
    return child;
  } catch (error) {
    pause.end();
    throw error;
  }
}

function handle(started: Started, notes: readonly string[], { onLine }: RunOptions): RunningContainer {
  const { child, pause, isolation, sentence } = started;
  const stdout = collect(child.stdout, (line) => onLine?.(line, 'stdout'));
  const stderr = collect(child.stderr, (line) => onLine?.(line, 'stderr'));
  child.once('exit', () => {
    // What the program leaves behind ends with it, as in a container.
    killGroup(child);
    pause.end();
  });
  const exited = new Promise<Exit>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  const stop = async (graceMs = 5_000): Promise<Exit> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => killGroup(child), graceMs);
    return exited.finally(() => clearTimeout(timer));
  };
  return { process: child, isolation, sentence, notes, exited, stdout, stderr, stop };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Nobody is left in it; macOS says EPERM of one that only zombies are left in.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

async function refuseUnusable(program: string): Promise<void> {
  if (!isAbsolute(program)) throw new Error(`${program} is not an absolute path: a container's PATH says nothing here`);
  await access(program, constants.X_OK);
}
