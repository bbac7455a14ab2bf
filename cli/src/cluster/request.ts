/** One HTTP request to the apiserver, bounded in time and bytes. */
import type { KubeConfig } from '@kubernetes/client-node';
import { CodedError, LIMITS } from '@rolechain/shared';
import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestTLS, type RequestOptions } from 'node:https';
import { firstLine } from './kubeconfig.ts';

export interface Ask {
  readonly method?: 'GET' | 'POST';
  /** Of the API, with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Default: JSON. */
  readonly accept?: string;
  readonly ms: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Undefined where it is longer than `maxBytes`. */
  readonly body: string | undefined;
  /** The header of that name: what admission warns of. */
  readonly warning?: string;
}

/** Throws ClusterUnreachable where no whole answer comes, KubeconfigInvalid or ClusterUnauthorized where it can't be asked. */
export async function send(kubeConfig: KubeConfig, ask: Ask): Promise<Answer> {
  const server = kubeConfig.getCurrentCluster()?.server ?? '';
  const { method = 'GET', path, body, accept = 'application/json', ms, maxBytes } = ask;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const options: RequestOptions & { headers: Record<string, string> } = {
    method,
    signal: AbortSignal.any([ask.signal, AbortSignal.timeout(ms)]),
    headers: {
      Accept: accept,
      'User-Agent': 'rolechain',
      ...(text === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': `${Buffer.byteLength(text)}` }),
    },
  };
  // The URL's own rules would make another path of it (WHATWG URL, dot segments).
  if (/\/\.{0,2}(?:\/|\?|$)/.test(path)) {
    throw new CodedError('UsageInvalid', `No object has such a name: ${path}.`, {
      fix: 'Names are lower-case letters, digits, - and ., and not empty (-n, too).',
    });
  }
  await authenticate(kubeConfig, options);
  const answered = Promise.withResolvers<IncomingMessage>();
  try {
    const make = server.startsWith('http:') ? requestPlain : requestTLS;
    const asked = make(`${server}${path}`, options, (response) => answered.resolve(response));
    asked.on('error', (error) => answered.reject(error));
    asked.end(text);
    const response = await answered.promise;
    const { warning } = response.headers;
    return {
      status: response.statusCode ?? 0,
      body: await readBody(response, maxBytes),
      ...(warning === undefined ? {} : { warning }),
    };
  } catch (error) {
    ask.signal.throwIfAborted();
    throw unreachable(kubeConfig, whyOf(error, ms), error);
  }
}

export function unreachable(kubeConfig: KubeConfig, why: string, cause?: unknown): CodedError {
  const server = kubeConfig.getCurrentCluster()?.server ?? '';
  // Some write a password into it.
  return new CodedError('ClusterUnreachable', `${server.replace(/\/\/[^/@]*@/, '//')}: ${why}`, { cause });
}

/** Certificates, tokens, exec plugins and OIDC of the kubeconfig's user. */
async function authenticate(kubeConfig: KubeConfig, options: RequestOptions): Promise<void> {
  try {
    const applied = kubeConfig.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
    await withinMs(applied, LIMITS.commandLoginMs);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    const isFile = code !== undefined && syscall === 'open';
    // What a plugin printed that is not JSON may hold a token, and V8 quotes it.
    const why =
      (error as Error).name === 'SyntaxError' ? 'its exec plugin printed what is not JSON.' : firstLine(error);
    const user = kubeConfig.getCurrentUser()?.name ?? '';
    throw new CodedError(isFile ? 'KubeconfigInvalid' : 'ClusterUnauthorized', `User ${user}: ${why}`, {
      cause: error,
    });
  }
}

async function withinMs(task: Promise<unknown>, ms: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ms / 1000} s.`)), ms);
  try {
    await Promise.race([task, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBytes) {
      response.destroy();
      return undefined;
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function whyOf(error: unknown, ms: number): string {
  const { name, errors } = error as { readonly name?: unknown; readonly errors?: readonly unknown[] };
  if (name === 'TimeoutError' || name === 'AbortError') return `no answer within ${ms / 1000} s.`;
  // Of a name with several addresses.
  return firstLine(errors?.[0] ?? error);
}
