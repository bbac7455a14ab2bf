/** The admission server on loopback, with accounts of its own. */
import type { AddressInfo } from 'node:net';
import jsonPatch, { type Operation } from 'fast-json-patch';
import type { FastifyInstance } from 'fastify';
import { recordingLog } from '@rolechain/kit/recording-log.ts';
import type { ReviewResponse } from '../admission/review.ts';
import { makeAdmissionServer, type ServerOptions } from '../endpoint/server.ts';
import { plainPod } from './fixtures.ts';
import { call, testAuthority, type Answer, type Authority, type Call } from './https.ts';
import { serverOptions } from './options.ts';

export interface TestServer {
  readonly server: FastifyInstance;
  readonly port: number;
  /** Every line that was logged, as JSON. */
  readonly lines: readonly string[];
  readonly options: ServerOptions;
  /** A request to this server. */
  readonly ask: (call: Partial<Call>) => Promise<Answer>;
  /** POSTs a body to /mutate as the apiserver does. */
  readonly mutate: (body: string | Buffer, more?: Partial<Call>) => Promise<Answer>;
}

/** Starts it; close `server` afterwards. Its one account is shop/orders. */
export async function startServer(authority: Authority, changes: Partial<ServerOptions> = {}): Promise<TestServer> {
  const log = recordingLog();
  const { lines } = log;
  const options = serverOptions(log, changes);
  const server = makeAdmissionServer(await authority.issue(), options);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const ask: TestServer['ask'] = (asked) => call({ port, ca: authority.ca, path: '/', ...asked });
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const mutate: TestServer['mutate'] = (body, more) =>
    ask({ path: '/mutate?timeout=2s', method: 'POST', headers, body, ...more });
  return { server, port, lines, options, ask, mutate };
}

/** Of a test file: servers of one authority, each of them closed after its test. `open`: others that shall be closed. */
export function useServers(): {
  readonly start: (changes?: Partial<ServerOptions>) => Promise<TestServer>;
  readonly open: FastifyInstance[];
} {
  let authority: Authority;
  const open: FastifyInstance[] = [];
  beforeAll(async () => {
    authority = await testAuthority();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });
  const start = async (changes: Partial<ServerOptions> = {}): Promise<TestServer> => {
    const running = await startServer(authority, changes);
    open.push(running.server);
    return running;
  };
  return { start, open };
}

/** An AdmissionReview of a pod of shop/orders, as the apiserver sends it. */
export function review(object: unknown = plainPod(), request: Record<string, unknown> = {}): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'b7ae3c1f',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace: 'shop',
      object,
      ...request,
    },
  });
}

export function responseOf({ text }: Answer): ReviewResponse['response'] {
  return (JSON.parse(text) as ReviewResponse).response;
}

/** The pod as the apiserver would have it after this answer. */
export function patched<T>(pod: T, { patch = '' }: ReviewResponse['response']): T {
  const operations = JSON.parse(Buffer.from(patch, 'base64').toString()) as Operation[];
  return jsonPatch.applyPatch(structuredClone(pod), operations, true).newDocument;
}

/** Code of an error's body; the status stands before it. */
export function errorOf({ status, text }: Answer): string {
  const { code, message, fix, ...others } = JSON.parse(text) as Record<string, unknown>;
  if (typeof message !== 'string' || typeof fix !== 'string' || Object.keys(others).length > 0) return text;
  return `${status} ${String(code)}`;
}
