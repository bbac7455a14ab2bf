/**
 * A profile's `credential_process` (AWS SDKs and Tools Reference Guide, "Process credential provider"). The SDK's own provider
 * judges the end of what it gets by the node's clock, and leaves no other way; here it is AWS's.
 */
import { exec } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CodedError } from '@rolechain/shared';
import type { Credentials, HasEnded } from '../model/session.ts';
import { oneLine } from '../model/text.ts';

/** The command itself may go on. */
const LIMIT_MS = 20_000;

export interface ProcessOptions {
  readonly profile: string;
  /** For a shell, as the SDKs run it. Its environment is the sidecar's own, which leads to no metadata (inputs.ts). */
  readonly command: string;
  readonly hasEnded: HasEnded;
}

/** What the command gives. Rejects with EnvironmentFailed, which never repeats the command or its output: either may hold a secret. */
export async function runProcess({ profile, command, hasEnded }: ProcessOptions): Promise<Credentials> {
  const shown = `Profile ${oneLine(profile, 100)} credential_process`;
  const output = await promisify(exec)(command).catch(() => {
    throw new CodedError('EnvironmentFailed', 'credential_process failed.');
  });
  return readOutput(output.stdout, shown, hasEnded);
}

function readOutput(text: string, shown: string, hasEnded: HasEnded): Credentials {
  const failed = (what: string): CodedError => new CodedError('EnvironmentFailed', `${shown} ${what}.`);
  let data: Readonly<Record<string, unknown>>;
  try {
    data = Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    throw failed('returned invalid JSON');
  }
  if (data.Version !== 1) throw failed('did not return Version 1');
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken, Expiration } = data;
  if (accessKeyId === undefined || secretAccessKey === undefined) throw failed('returned invalid credentials');
  const sessionToken = SessionToken ?? '';
  const expiration = Expiration ?? '';
  if (!isText(accessKeyId) || !isText(secretAccessKey) || !isText(sessionToken) || !isText(expiration)) {
    throw failed('gave a member of a wrong form');
  }
  const keys = { accessKeyId, secretAccessKey, ...(sessionToken === '' ? {} : { sessionToken }) };
  if (expiration === '') return keys;
  const expiresAt = Date.parse(expiration);
  if (Number.isNaN(expiresAt)) throw failed('gave an Expiration of a wrong form');
  if (hasEnded(expiresAt)) throw failed('returned expired credentials');
  return { ...keys, expiresAt };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Waits for it for the limit. Rejects with EnvironmentFailed. */
export async function withLimit<T>(work: Promise<T>): Promise<T> {
  const limit = new AbortController();
  const tooLate = sleep(LIMIT_MS, undefined, { signal: limit.signal }).then(() => {
    throw new CodedError('EnvironmentFailed', `There was no answer within ${LIMIT_MS / 1000} s.`);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    tooLate.catch(() => undefined);
    limit.abort();
  }
}
