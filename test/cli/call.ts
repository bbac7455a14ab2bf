/** A call of a command, as the program makes it, and the whole command line within a test. */
import { Readable } from 'node:stream';
import { heard } from '@rolechain/kit/record.ts';
import { run, type Call, type Surroundings } from '@rolechain/cli';

export interface CallOptions {
  readonly args?: Call['args'];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** When a test's commands are called, unless it says otherwise. */
export const NOW = new Date('2026-11-27T17:00:00Z');

const QUIET: Surroundings = {
  stdin: Readable.from([]),
  out: () => undefined,
  err: () => undefined,
  env: {},
  cwd: process.cwd(),
  now: () => NOW,
  hasColours: false,
  signal: new AbortController().signal,
};

export function callOf({ args = [], options = {}, env = {}, signal = QUIET.signal }: CallOptions): Call {
  return { args, options, output: 'text', surroundings: { ...QUIET, env, signal } };
}

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command line with these arguments. What it prints is searched for secrets when the run is over. */
export async function runCommand(args: readonly string[], more: Partial<Surroundings> = {}): Promise<Said> {
  let [out, err] = ['', ''];
  const surroundings: Surroundings = {
    ...QUIET,
    ...more,
    out: (text) => {
      out += text;
      more.out?.(text);
    },
    err: (text) => {
      err += text;
      more.err?.(text);
    },
  };
  const code = await run(args, surroundings);
  heard('output of the command line', out);
  heard('output of the command line', err);
  return { code, out, err };
}
