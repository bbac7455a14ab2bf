/** Calls of bench/peers/sidecar/meter, which is Go so that its clock and client cost what is measured little. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Contestant } from './contestants.ts';
import type { Running } from './running.ts';
import type { World } from './world.ts';

/** From exec, in milliseconds. */
export interface StartTimes {
  readonly listening: number;
  readonly first: number;
}

/** Milliseconds and MiB. */
export interface RunCost {
  readonly wall: number;
  readonly cpu: number;
  readonly resident: number;
  readonly code: number;
}

/** Milliseconds. */
export interface Load {
  readonly answers: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Meter {
  readonly start: (contestant: Contestant, world: World) => Promise<StartTimes>;
  readonly run: (command: readonly string[], env: Readonly<Record<string, string>>) => Promise<RunCost>;
  /** `kept`: one connection instead of a new one for each request. */
  readonly load: (running: Running, about: { rate: number; seconds: number; kept: boolean }) => Promise<Load>;
}

export function makeMeter(program: string): Meter {
  const call = async (args: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> =>
    JSON.parse((await promisify(execFile)(program, args, { env })).stdout);
  const to = (port: number, tokenFile: string): string[] => ['-port', String(port), '-token-file', tokenFile];
  return {
    start: async (contestant, world) => {
      const pod = await world.pod();
      const { command, env, tokenFile } = contestant.launch(pod, world);
      return (await call(['start', ...to(pod.ports.credentials, tokenFile), '--', ...command], env)) as StartTimes;
    },
    run: async (command, env) => (await call(['run', '--', ...command], env)) as RunCost,
    load: async ({ pod, tokenFile }, { rate, seconds, kept }) => {
      const about = ['-rate', String(rate), '-seconds', String(seconds), `-kept=${kept}`];
      return (await call(['load', ...to(pod.ports.credentials, tokenFile), ...about], {})) as Load;
    },
  };
}
