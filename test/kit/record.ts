/**
 * What the programs under test say, and what they must never say: written down by the helpers that start programs,
 * ask servers and issue credentials, and searched when the whole run is over (records.ts). Without a folder in the
 * environment nothing is written, so that the helpers serve the demo too.
 *
 * Four channels carry secrets by contract, and are not heard: the 200 answers of the credentials endpoint, the files
 * of tokens and keys that only their reader is given, with `authorization-token: env` that token in the pod (of the pod
 * everything else is heard, see `podText`), and what `rolechain credential-process` prints on standard output where it ends with 0.
 */
import { appendFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Names the folder that takes one file a process. Set by scripts/test.ts, new for each run. */
export const RECORDS_VARIABLE = 'ROLECHAIN_TEST_RECORDS';

/** Where programs say something. A run with all of its counterparts there hears each of them. */
export const CHANNELS = [
  'output of the webhook',
  'output of the sidecar',
  'output of the prober',
  'output of a program in a pod',
  'log within the test',
  'answer on the health port',
  'error of the credentials endpoint',
  'answer to an admission review',
  'object in the cluster',
  'output of the command line',
] as const;
export type Channel = (typeof CHANNELS)[number];

/** What is never said. A key id is no secret: AWS's own logs hold it. */
export const SECRET_KINDS = [
  'secret access key',
  'session token',
  'ServiceAccount token',
  'authorization token',
  'value of a Secret',
  'private key',
] as const;
export type SecretKind = (typeof SECRET_KINDS)[number];

export interface Heard {
  readonly channel: Channel;
  readonly text: string;
  /** Test file and test that heard it. */
  readonly where: string;
}

export interface Secret {
  readonly kind: SecretKind;
  readonly value: string;
  /** Test file and test that made or read it. */
  readonly where: string;
}

/** Notes what a program of ours said. */
export function heard(channel: Channel, text: string): void {
  if (text !== '') write({ channel, text, where: currentTest() } satisfies Heard);
}

/** Notes a value that nothing may say; gives it back, so that it can stand where the value is made. */
export function isSecret(kind: SecretKind, value: string): string {
  if (value !== '') write({ kind, value, where: currentTest() } satisfies Secret);
  return value;
}

/** Whether this run is recorded: for what costs more than the writing. */
export function isRecording(): boolean {
  return folder() !== undefined;
}

function folder(): string | undefined {
  const { [RECORDS_VARIABLE]: set } = process.env;
  return set === '' ? undefined : set;
}

function write(record: Heard | Secret): void {
  const into = folder();
  // At once and in whole lines: a test's process may be ended at any time.
  if (into !== undefined)
    appendFileSync(join(into, `${process.pid}.jsonl`), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

interface JestState {
  readonly testPath?: string | undefined;
  readonly currentTestName?: string | undefined;
}

function currentTest(): string {
  const { expect: jest } = globalThis as { expect?: { getState(): JestState } };
  const { testPath = '', currentTestName = 'no test' } = jest?.getState() ?? {};
  return `${relative(process.cwd(), testPath)} › ${currentTestName}`;
}
