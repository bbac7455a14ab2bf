/** Credentials of a role from the sidecar of this pod: what an SDK would do, in the form that a profile takes. */
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CodedError,
  DEFAULT_ROLE,
  ENV,
  ERRORS,
  LIMITS,
  PATHS,
  PORTS,
  credentialsPath,
  isMap,
  tokenFile,
  type ErrorCode,
} from '@rolechain/shared';
import { EXPIRATION, type ProcessCredentials } from '../report-schemas/credential-process.ts';
import type { Surroundings } from '../terminal/command.ts';

type Env = Surroundings['env'];

/** Where a role's credentials are, and what opens it. */
export interface SidecarEndpoint {
  readonly url: URL;
  readonly token: { readonly file: string } | { readonly value: string };
}

/** Together with what the sidecar holds each request for, ten seconds. SDKs run the command once. */
const TRIES = 6;
const PAUSE_MS = 1000;

/**
 * That of the container's environment, or of `role` beside it. Throws UsageInvalid where the environment names another server:
 * the token is for the sidecar alone.
 */
export function endpointOf(env: Env, role: string | undefined): SidecarEndpoint {
  const written = env[ENV.fullURI] ?? `http://127.0.0.1:${PORTS.credentials}${credentialsPath(role ?? DEFAULT_ROLE)}`;
  const own = roleOf(written);
  if (own === undefined) {
    throw new CodedError('UsageInvalid', `${ENV.fullURI} is not that of a rolechain sidecar.`, {
      fix: `Run it in a container that holds a role, or unset ${ENV.fullURI}, or name a chain (--chain, -f).`,
    });
  }
  const name = role ?? own;
  const url = new URL(credentialsPath(name), written);
  const { [ENV.tokenFile]: file, [ENV.token]: value } = env;
  if (file === undefined) return { url, token: name === own && value ? { value } : { file: tokenFile(name) } };
  // The folders of all roles stand side by side.
  return { url, token: { file: name === own ? file : join(dirname(file), '..', name, 'token') } };
}

function roleOf(written: string): string | undefined {
  if (written.length > LIMITS.urlMax || !URL.canParse(written)) return undefined;
  const { protocol, hostname, pathname, username, password } = new URL(written);
  if (protocol !== 'http:' || hostname !== '127.0.0.1' || username !== '' || password !== '') return undefined;
  if (pathname === PATHS.credentials) return DEFAULT_ROLE;
  const prefix = credentialsPath('');
  const name = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : '';
  return name === '' || name.includes('/') ? undefined : name;
}

export interface Waiting {
  readonly signal: AbortSignal;
  /** Between two tries. */
  readonly pause?: () => Promise<unknown>;
}

/** Rejects with the sidecar's own codes, SidecarUnreachable, SidecarInvalidResponse or FileUnreadable. */
export async function readFromSidecar(
  endpoint: SidecarEndpoint,
  { signal, pause = () => sleep(PAUSE_MS, undefined, { signal }) }: Waiting,
): Promise<ProcessCredentials> {
  for (let tries = 1; ; tries++) {
    try {
      return await readOnce(endpoint, signal);
    } catch (error) {
      const mayPass = error instanceof CodedError && !error.terminal && error.code !== 'SidecarInvalidResponse';
      if (!mayPass || tries >= TRIES) throw error;
    }
    await pause();
  }
}

async function readOnce({ url, token }: SidecarEndpoint, signal: AbortSignal): Promise<ProcessCredentials> {
  // Read again each time: the sidecar writes a new one when it starts.
  const authorization = 'file' in token ? await readToken(token.file) : token.value;
  const { status, body } = await get(url, authorization, signal);
  const data = parse(body);
  if (status !== 200) throw refusal(status, data, authorization);
  const text = (name: string): string => {
    const value = data[name];
    if (typeof value !== 'string' || value === '') throw invalid(`It has no ${name}.`);
    return value;
  };
  const expiration = text('Expiration');
  // SDKs would read another form as what never ends, or fail over it without a word of where it came from.
  if (!EXPIRATION.test(expiration) || Number.isNaN(Date.parse(expiration)))
    throw invalid('Its Expiration is not a time such as 2026-11-27T18:00:00Z.');
  const { AccountId } = data;
  return {
    Version: 1,
    AccessKeyId: text('AccessKeyId'),
    SecretAccessKey: text('SecretAccessKey'),
    SessionToken: text('Token'),
    Expiration: expiration,
    ...(typeof AccountId === 'string' && AccountId !== '' ? { AccountId } : {}),
  };
}

async function readToken(file: string): Promise<string> {
  try {
    const token = await readFile(file, 'latin1');
    // The sidecar writes one line without its end.
    if (/^[\x21-\x7e]{1,4096}$/.test(token)) return token;
  } catch (error) {
    const { code = 'unknown error' } = error as { readonly code?: string };
    throw new CodedError('FileUnreadable', `${file} (${code}).`, {
      fix: 'Run it in a container that holds this role: rolechain.io/container-roles says which do. Elsewhere, name a chain (--chain, -f).',
    });
  }
  throw new CodedError('FileUnreadable', `${file} does not hold a token.`, {
    fix: 'The sidecar writes it; try again.',
  });
}

async function get(url: URL, authorization: string, signal: AbortSignal): Promise<{ status: number; body: string }> {
  const answered = Promise.withResolvers<{ status: number; body: string }>();
  const options = {
    headers: { authorization, accept: 'application/json' },
    agent: false,
    signal: AbortSignal.any([signal, AbortSignal.timeout(LIMITS.commandLiveMs)]),
  } as const;
  request(url, options, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      body += piece;
      if (body.length > LIMITS.commandLiveBytes) response.destroy(new Error('too large'));
    });
    response.on('end', () => answered.resolve({ status: response.statusCode ?? 0, body }));
    response.on('error', answered.reject);
  })
    .on('error', answered.reject)
    .end();
  try {
    return await answered.promise;
  } catch (error) {
    signal.throwIfAborted();
    const { code, name } = error as { readonly code?: string; readonly name?: string };
    throw new CodedError('SidecarUnreachable', `${url.origin}: ${code ?? name ?? 'unknown error'}.`);
  }
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const data: unknown = JSON.parse(body);
    if (isMap(data)) return data;
  } catch {
    // What is not JSON is quoted by V8's message, and may hold anything.
  }
  throw invalid('It is not a JSON object.');
}

/** What the sidecar says, in its own code. It never repeats a token; what else listens there might. */
function refusal(status: number, data: Readonly<Record<string, unknown>>, token: string): CodedError {
  const { Code, Message } = data;
  const message = (typeof Message === 'string' ? Message : '')
    .slice(0, LIMITS.messageChars)
    .replaceAll(token, '<token>');
  const line = message.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  if (typeof Code !== 'string' || !Object.hasOwn(ERRORS, Code)) return invalid(`HTTP status ${status}. ${line}`.trim());
  const { text, fix } = ERRORS[Code as ErrorCode];
  const detail = line.startsWith(text) ? line.slice(text.length) : line;
  return new CodedError(Code as ErrorCode, (detail.endsWith(fix) ? detail.slice(0, -fix.length) : detail).trim());
}

function invalid(what: string): CodedError {
  return new CodedError('SidecarInvalidResponse', what);
}
