/** Programs of the cluster: tied to this process, marked as ours, with a log each. */
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@rolechain/kit/until.ts';
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
  const told = (what: string): string => `${name} ${what}:\n${readFileSync(log, 'utf8').slice(-6000)}`;
  return {
    kill: child.kill,
    ready: async (condition) => {
      const hopeless = (): string | undefined => (how === undefined ? undefined : told(`has ended with ${how}`));
      await eventually(() => told(`is ready within ${READY_MS / 1000} s`), condition, {
        ...{ ms: READY_MS, everyMs: 100, hopeless },
      });
    },
  };
}
