/**
 * The one double of the Kubernetes API, for where there is no kube-apiserver (the demo on a bare machine) and for what
 * a real one can't be made to do (bytes of a broken watch). It answers what the webhook asks for (kube/rules.ts), over
 * TLS, from objects that it is given. It has no validation, no defaults and no other user.
 *
 * What it can't answer it answers with 501 and writes down, and `close` then throws: a 404 would look like an answer.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeAuthority, makeLeaf } from '@rolechain/certs';
import { KubeConfig } from '@kubernetes/client-node';
import { isSecret } from '@rolechain/kit/record.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { answerFrom, sendJSON, sendStatus, Unanswered } from './kube/answers.ts';
import { lineOf, readAsked, type Asked, type Attributes } from './kube/asked.ts';
import { NEVER_FIRST } from './listen.ts';
import { ruleOf, RULES, type Rule } from './kube/rules.ts';
import { KINDS, makeStore, type Store } from './kube/store.ts';

/** Answers a request down to the byte. */
export type Answerer = (response: ServerResponse, url: URL) => unknown;

export interface KubeDouble {
  readonly kubeConfig: KubeConfig;
  /** The same as the text of a file. */
  readonly kubeconfig: string;
  /** Each request, in order. */
  readonly asked: readonly Asked[];
  /** A sentence for each request that the double can't answer. A test that provokes one takes it out. */
  readonly unanswered: string[];
  /** From now on these answers, to the requests that the double knows. */
  readonly answerBy: (answer: Answerer) => void;
  readonly put: Store['put'];
  readonly get: Store['get'];
  /** Throws when something was not answered. */
  readonly close: () => Promise<void>;
}

export interface KubeOptions {
  /** Those of a kind that the webhook asks for are kept. */
  readonly objects?: readonly KubeObject[];
  /** For tests of the double itself: what it knows. */
  readonly rules?: readonly Rule[];
}

const NAME = 'kubernetes.default.svc';
const TOKEN = 'hush-hush';

export async function startKubeDouble({ objects = [], rules = RULES }: KubeOptions = {}): Promise<KubeDouble> {
  const store = makeStore();
  const known = new Set(Object.values(KINDS));
  for (const object of objects) if (known.has(object.kind)) store.put(object);
  const asked: Asked[] = [];
  const unanswered: string[] = [];
  let answer: Answerer | undefined;
  const serve = (request: Asked, response: ServerResponse): void => {
    asked.push(request);
    const of = checked(request, rules);
    if (answer) answer(response, request.url);
    else answerFrom(store, request, of, response);
  };

  const { ca, ...own } = await certificates();
  const server = createServer({ ...own, ...NEVER_FIRST }, (request, response) => {
    readAsked(request).then(
      (read) => {
        try {
          serve(read, response);
        } catch (error) {
          const why = error instanceof Error ? error.message : '';
          const sentence = `The double of the Kubernetes API can't answer ${lineOf(read)}: ${why}.`;
          // The webhook tries again and again.
          if (!unanswered.includes(sentence)) unanswered.push(sentence);
          sendStatus(response, 501, 'NotImplemented', sentence);
        }
      },
      // The client has gone before its request was whole.
      () => response.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const kubeconfig = configOf(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(kubeconfig);
  return {
    ...{ kubeConfig, kubeconfig, asked, unanswered, put: store.put, get: store.get },
    answerBy: (next) => (answer = next),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      if (unanswered.length > 0) throw new Error(unanswered.join('\n'));
    },
  };
}

/** A whole answer. */
export const json =
  (code: number, body: object): Answerer =>
  (response) =>
    sendJSON(response, code, body);

/** The answer of the apiserver to what it refuses. */
export const status = (code: number): Answerer => json(code, { kind: 'Status', apiVersion: 'v1', code });

/** Throws Unanswered for a request that is none of the webhook's. */
function checked({ of, authorization }: Asked, rules: readonly Rule[]): Attributes {
  if (authorization !== `Bearer ${TOKEN}`) throw new Unanswered('it comes without the token of the kubeconfig');
  if (!of || !ruleOf(of, rules)) throw new Unanswered('test/doubles/kube/rules.ts has no such row');
  return of;
}

interface Tls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** One for all doubles of a process: its keys take longer to make than most tests that use it take. */
let made: Promise<Tls> | undefined;

function certificates(): Promise<Tls> {
  return (made ??= makeCertificates());
}

async function makeCertificates(): Promise<Tls> {
  const now = new Date();
  const authority = await makeAuthority({ now, commonName: 'double of the API' });
  const { certificate: cert, key } = await makeLeaf({ authority, now, dnsNames: [NAME] });
  for (const secret of [authority.key, key]) isSecret('private key', secret);
  return { ca: authority.certificate, cert, key };
}

function configOf(server: string, ca: string): string {
  const cluster = {
    server,
    'tls-server-name': NAME,
    'certificate-authority-data': Buffer.from(ca).toString('base64'),
  };
  return JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'double' },
    clusters: [{ name: 'double', cluster }],
    users: [{ name: 'webhook', user: { token: TOKEN } }],
    contexts: [{ name: 'double', context: { cluster: 'double', user: 'webhook' } }],
  });
}
