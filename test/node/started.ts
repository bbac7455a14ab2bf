/** Programs of the cluster: tied to this process, marked as ours, with a log each. */
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnTied } from '@rolechain/kit/tied-process.ts';
import { LOGS, MARK, STATE } from './places.ts';

export interface Started {
  readonly kill: () => Promise<void>;
  /** Waits until `condition` holds; an error in it counts as not yet. Throws with the log's end when it never will. */
  readonly ready: (condition: () => Promise<boolean>) => Promise<void>;
}

const READY_MS = 90_000;

/** Starts a program; its log is `<name>.log` in LOGS. */
export function start(name: string, command: string, args: readonly string[]): Started {
  mkdirSync(LOGS, { recursive: true });
  const log = join(LOGS, `${name}.log`);
  const output = openSync(log, 'w', 0o600);
  const env = { PATH: process.env.PATH, HOME: STATE, [MARK]: '1' };
  const child = spawnTied(command, args, { env, output });
  closeSync(output);
  let how: string | undefined;
  void child.ended.then((text) => (how = text));
  const fail = (why: string): never => {
    throw new Error(`${name} ${why}:\n${readFileSync(log, 'utf8').slice(-6000)}`);
  };
  return {
    kill: child.kill,
    ready: async (condition) => {
      const end = Date.now() + READY_MS;
      while (!(await condition().catch(() => false))) {
        if (how !== undefined) fail(`has ended with ${how}`);
        if (Date.now() > end) fail(`is not ready after ${READY_MS / 1000} s`);
        await sleep(100);
      }
    },
  };
}
