/** Programs of three SDKs that ask the sidecar for credentials until they are ended, and what they saw. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { locateGoClient } from '../clients/go.ts';
import { BOTOCORE, locatePython } from '../clients/python.ts';
import type { Absent } from '@rolechain/kit/when.ts';
import { heard } from '@rolechain/kit/record.ts';

/** Between two asks of one kind. */
const PAUSE_MS = 250;
const PROGRAMS = join(import.meta.dirname, '..', 'clients');

/** One ask. Times in milliseconds since 1970. */
export interface Result {
  /** Through a new default chain, or one that lives as long as the program; or a request to STS through a new client. */
  readonly kind: 'fresh' | 'kept' | 'request';
  readonly from: number;
  readonly at: number;
  readonly ok: boolean;
  /** Of good credentials, their end. */
  readonly expires?: number;
  readonly error?: string;
}

export interface Client {
  readonly name: string;
  readonly pid: number;
  /** All so far. */
  readonly results: readonly Result[];
  stop(): Promise<void>;
}

/** The command of an SDK's program. */
type Command = readonly [string, ...string[]];
export type Sdks = Readonly<Record<string, Command>>;

/** Each SDK's program, or why it is not here. */
export function locateSdks(): Readonly<Record<string, Command | Absent>> {
  const python = locatePython(BOTOCORE);
  const go = locateGoClient();
  return {
    JavaScript: [process.execPath, join(PROGRAMS, 'asking.mjs')],
    botocore: typeof python === 'string' ? [python, join(PROGRAMS, 'asking.py')] : python,
    Go: typeof go === 'string' ? [go, 'ask'] : go,
  };
}

/**
 * Starts one beside a sidecar whose credentials are at `url`; its token is in `tokenFile`. With the address of STS its asks
 * are requests there, as an application makes them.
 */
export function startClient(name: string, sdks: Sdks, url: string, tokenFile: string, sts?: string): Client {
  const [command = '', ...args] = sdks[name] ?? [];
  const child = spawn(command, [...args, String(PAUSE_MS), ...(sts === undefined ? [] : [sts])], {
    env: {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const results: Result[] = [];
  let text = '';
  createInterface(child.stdout).on('line', (line) => {
    text += `${line}\n`;
    results.push(JSON.parse(line) as Result);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const closed = once(child, 'close');
  return {
    name,
    pid: child.pid ?? -1,
    results,
    stop: async () => {
      child.kill('SIGKILL');
      await closed;
      heard('output of a program in a pod', text);
    },
  };
}
