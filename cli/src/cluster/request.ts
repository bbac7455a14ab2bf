/** One HTTP request to the apiserver, bounded in time and bytes. */
import type { KubeConfig } from '@kubernetes/client-node';
import { CodedError } from '@rolechain/shared';
import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestTLS, type RequestOptions } from 'node:https';
import { firstLine } from './kubeconfig.ts';

export interface Ask {
  readonly method?: 'GET' | 'POST';
  /** Of the API, with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly ms: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Undefined where it is longer than `maxBytes`. */
  readonly body: string | undefined;
}

/** Throws ClusterUnreachable where no whole answer comes, KubeconfigInvalid or ClusterUnauthorized where it can't be asked. */
export async function send(kubeConfig: KubeConfig, ask: Ask): Promise<Answer> {
  const server = kubeConfig.getCurrentCluster()?.server ?? '';
  const { method = 'GET', path, body, ms, maxBytes } = ask;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const options: RequestOptions & { headers: Record<string, string> } = {
    method,
    signal: AbortSignal.any([ask.signal, AbortSignal.timeout(ms)]),
    headers: {
      Accept: 'application/json',
      'User-Agent': 'rolechain',
      ...(text === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': `${Buffer.byteLength(text)}` }),
    },
  };
  await authenticate(kubeConfig, options);
  const answered = Promise.withResolvers<IncomingMessage>();
  try {
    const make = server.startsWith('http:') ? requestPlain : requestTLS;
    const asked = make(`${server}${path}`, options, (response) => answered.resolve(response));
    asked.on('error', (error) => answered.reject(error));
    asked.end(text);
    const response = await answered.promise;
    return { status: response.statusCode ?? 0, body: await readBody(response, maxBytes) };
  } catch (error) {
    ask.signal.throwIfAborted();
    throw unreachable(kubeConfig, whyOf(error, ms), error);
  }
}

export function unreachable(kubeConfig: KubeConfig, why: string, cause?: unknown): CodedError {
  return new CodedError('ClusterUnreachable', `${kubeConfig.getCurrentCluster()?.server ?? ''}: ${why}`, { cause });
}

/** Certificates, tokens, exec plugins and OIDC of the kubeconfig's user. */
async function authenticate(kubeConfig: KubeConfig, options: RequestOptions): Promise<void> {
  try {
    await kubeConfig.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
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
