/** Sidecars that run for longer than one measurement, each in a cgroup where there are any. */
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATHS } from '@rolechain/shared';
import { inGroup } from '@rolechain/test/cgroup/memory.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { spawnTied } from '@rolechain/kit/tied-process.ts';
import type { Contestant } from './contestants.ts';
import type { BenchPod, World } from './world.ts';

export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly pod: BenchPod;
  readonly tokenFile: string;
  /** Milliseconds from before it was started to its first credentials. */
  readonly firstMs: number;
  /** Milliseconds until the credentials that it serves end; rejects where it serves none. */
  readonly left: () => Promise<number>;
  /** False once it has ended, in whatever way. */
  readonly runs: () => boolean;
  readonly stop: () => Promise<void>;
}

/** Starts one and waits for its first credentials. */
export async function start(contestant: Contestant, world: World, enter?: string): Promise<Running> {
  const pod = await world.pod();
  const { command, env, tokenFile } = contestant.launch(pod, world);
  const log = join(pod.files.root, 'log');
  const output = openSync(log, 'a');
  const [program = '', ...args] = inGroup(enter, command);
  const before = performance.now();
  const child = spawnTied(program, args, { env, output });
  closeSync(output);
  let runs = true;
  void child.ended.then(() => (runs = false));
  const left = (): Promise<number> => timeLeft(pod.ports.credentials, tokenFile);
  try {
    await eventually('its first credentials', async () => (await left()) > 0, { everyMs: 2 });
    // What is measured as shipped must be what is shipped.
    const said = readFileSync(log, 'utf8');
    if (contestant.name === 'shipped' && said.includes('"codeCache"')) throw new Error('it did not use its code cache');
  } catch (error) {
    await child.kill();
    throw new Error(`${contestant.name}: ${readFileSync(log, 'utf8').slice(-2000)}`, { cause: error });
  }
  const firstMs = performance.now() - before;
  return { name: contestant.name, pid: child.pid, pod, tokenFile, firstMs, left, runs: () => runs, stop: child.kill };
}

async function timeLeft(port: number, tokenFile: string): Promise<number> {
  const headers = { authorization: readFileSync(tokenFile, 'latin1'), connection: 'close' };
  const reply = await fetch(`http://127.0.0.1:${port}${PATHS.credentials}`, { headers });
  const { Expiration } = (await reply.json()) as { Expiration?: string };
  if (!reply.ok || Expiration === undefined) throw new Error(`no credentials: ${reply.status}`);
  return Date.parse(Expiration) - Date.now();
}

/** Starts all, or none of them. */
export async function startAll(
  contestants: readonly Contestant[],
  world: World,
  enter: (contestant: Contestant) => string | undefined,
): Promise<Running[]> {
  const all = await Promise.allSettled(contestants.map((each) => start(each, world, enter(each))));
  const running = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = all.find((each) => each.status === 'rejected');
  if (failed === undefined) return running;
  await stopAll(running);
  throw failed.reason;
}

export async function stopAll(running: readonly Running[]): Promise<void> {
  await Promise.all(running.map(({ stop }) => stop()));
}

/** Of sidecars that were started with SHORT_SESSION_SECONDS: waits until each serves a session of an hour. */
export async function untilRefreshed(running: readonly Running[], world: World): Promise<void> {
  world.setSessionSeconds(undefined);
  await Promise.all(
    running.map(({ name, left }) => eventually(`a refresh of ${name}`, async () => (await left()) > 60_000)),
  );
}

/** Of the sessions before a refresh: the first one comes after one to three seconds. */
export const SHORT_SESSION_SECONDS = 6;

/** Milliseconds of a processor that all threads of a process have used. */
export function cpuMs(pid: number): number {
  const tasks = join('/proc', String(pid), 'task');
  const ns = readdirSync(tasks).map((id) => Number(readFileSync(join(tasks, id, 'schedstat'), 'utf8').split(' ')[0]));
  return ns.reduce((sum, each) => sum + each, 0) / 1e6;
}
