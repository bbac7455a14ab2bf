/** A small HTTPS server that stands for the apiserver: each test says what it answers, down to the byte. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { testAuthority } from './https.ts';

export type Answerer = (response: ServerResponse, url: URL) => unknown;

export interface KubeDouble {
  readonly kubeConfig: KubeConfig;
  /** Path and query of each request. */
  readonly asked: URL[];
  readonly answerBy: (answer: Answerer) => void;
  readonly close: () => Promise<void>;
}

export async function startKubeDouble(): Promise<KubeDouble> {
  const name = 'kubernetes.default.svc';
  const authority = await testAuthority([name]);
  const { key, certificate: cert } = await authority.issue();
  const asked: URL[] = [];
  let answer: Answerer = (response) => response.writeHead(500).end();
  const server = createServer({ key, cert }, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://kubernetes');
    asked.push(url);
    answer(response, url);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const kubeConfig = new KubeConfig();
  const caData = Buffer.from(authority.ca).toString('base64');
  kubeConfig.loadFromOptions({
    clusters: [{ name: 'c', server: `https://127.0.0.1:${port}`, tlsServerName: name, caData }],
    users: [{ name: 'u', token: 'hush-hush' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  return {
    kubeConfig,
    asked,
    answerBy: (next) => (answer = next),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A whole answer. */
export const json =
  (status: number, body: object): Answerer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** The answer of the apiserver to what it refuses. */
export const status = (code: number): Answerer => json(code, { kind: 'Status', apiVersion: 'v1', code });

/** One line of a watch. */
export const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

export function serviceAccount(
  name: string,
  resourceVersion: string,
  annotations: Record<string, string> = {},
): Record<string, unknown> {
  const metadata = { namespace: 'shop', name, resourceVersion, annotations, managedFields: [{ manager: 'kubectl' }] };
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata, secrets: [{ name: 'x' }] };
}

export function list(resourceVersion: string, items: readonly object[], next?: string): object {
  return { kind: 'ServiceAccountList', apiVersion: 'v1', metadata: { resourceVersion, continue: next }, items };
}
