/** The command line as a process: from dist, with an environment of its own. */
import { join } from 'node:path';
import { heard } from '@rolechain/kit/record.ts';
import { tryRun, type Ran } from '../node/run.ts';
import { ROOT } from '../fixture/install.ts';

export const PROGRAM = join(ROOT, 'dist', 'cli', 'rolechain.mjs');

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** What it prints on standard output where it ends with 0 is a secret by contract: `credential-process` alone. */
  readonly printsSecret?: boolean;
}

/** Runs it to its end, and writes down what it said for the search for secrets. */
export async function rolechain(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = {}, input = '', printsSecret = false } = options;
  const ran = await tryRun(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
    input,
    timeoutMs: 1_800_000,
  });
  heard('output of the command line', ran.stderr + (printsSecret && ran.code === 0 ? '' : ran.stdout));
  return ran;
}
