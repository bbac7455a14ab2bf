/**
 * Where there is no kube-apiserver: just enough of its API for the webhook to start on (its Secret, its
 * configuration, the user's ServiceAccounts), and the AdmissionReview posted as the apiserver would.
 * No validation, no defaults, no RBAC: the real one is in test/cluster.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATHS } from '@rolechain/shared';
import { makeServiceAccountToken, makeSigningKey } from '@rolechain/test/doubles/jwt.ts';
import { freePort } from '@rolechain/test/cluster/free-port.ts';
import type { Pod } from '@rolechain/test/kubelet/pod.ts';
import { startAws } from '@rolechain/test/stage/aws.ts';
import { NAMESPACE, installManifests, startWebhook, until } from '@rolechain/test/stage/install.ts';
import type { KubeObject } from '@rolechain/test/stage/manifests.ts';
import { accountsOf } from '@rolechain/test/stage/stage.ts';
import jsonPatch, { type Operation } from 'fast-json-patch';
import type { Projections } from '@rolechain/test/stage/pod.ts';
import type { Admission } from './admission.ts';

type Json = Record<string, unknown>;
interface Store {
  configuration: { webhooks: { name: string; clientConfig: { caBundle?: string } }[] };
  secret: Json | undefined;
  accounts: KubeObject[];
}

const ISSUER = 'https://stand-in.example';

export async function setStandIn(objects: readonly KubeObject[], step: (what: string) => void): Promise<Admission> {
  const key = makeSigningKey();
  const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount').map(withNamespace);
  const configuration = (await installManifests()).find(({ kind }) => kind === 'MutatingWebhookConfiguration');
  const store: Store = {
    accounts,
    secret: undefined,
    configuration: configuration as unknown as Store['configuration'],
  };
  const down: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of down.splice(0).reverse()) await end();
  };
  try {
    const url = await startApi(store, down);
    const aws = await startAws({ accounts: accountsOf(accounts), issuer: ISSUER, keys: [key.publicKey] });
    down.push(aws.close);
    step('the doubles of STS and the Pod Identity agent listen');
    const folder = await mkdtemp(join(tmpdir(), 'rolechain-stand-in-'));
    down.push(() => rm(folder, { recursive: true, force: true }));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigOf(url));
    const port = await freePort();
    const settings = { stsEndpoint: aws.sts.url, agentEndpoints: [aws.agent.credentialsUrl] };
    const webhook = await startWebhook({ port, kubeconfig, settings });
    down.push(webhook.stop);
    step('the webhook is ready');
    return { aws, stop, admit: (pod) => admit(store, port, pod), projections: (pod) => projectionsOf(pod, key) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Tokens of an issuer of our own, whose key the doubles know. */
function projectionsOf({ metadata, spec }: Pod, key: ReturnType<typeof makeSigningKey>): Projections {
  const claims = {
    namespace: metadata?.namespace ?? '',
    serviceAccount: spec?.serviceAccountName ?? 'default',
    pod: { name: metadata?.name ?? '', uid: metadata?.uid ?? '' },
  };
  const token: Projections['token'] = (audience, expiresInSeconds) =>
    Promise.resolve(makeServiceAccountToken({ ...claims, audience, expiresInSeconds, key, issuer: ISSUER }));
  return { clusterCA: '', token };
}

async function startApi(store: Store, down: (() => Promise<void>)[]): Promise<string> {
  const api = createServer((asked, answer) => void serve(store, asked, answer));
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  down.push(() => {
    api.closeAllConnections();
    return new Promise((resolve) => api.close(() => resolve()));
  });
  return `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
}

/** Posts the review and applies the patch that comes back. */
async function admit(store: Store, port: number, pod: KubeObject): Promise<{ before: Pod; after: Pod }> {
  const object = named(pod);
  const namespace = object.metadata.namespace ?? 'default';
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace,
      object,
    },
  };
  const bundle = (): string => store.configuration.webhooks[0]?.clientConfig.caBundle ?? '';
  await until('the webhook has published its CA', 10_000, () => bundle() !== '');
  const ca = Buffer.from(bundle(), 'base64').toString();
  const { response } = (await post(port, ca, review)) as {
    response: { allowed: boolean; patch?: string; status?: { message: string } };
  };
  if (!response.allowed) throw new Error(response.status?.message ?? 'refused');
  const operations = JSON.parse(Buffer.from(response.patch ?? 'W10=', 'base64').toString()) as Operation[];
  const before = object as unknown as Pod;
  return { before, after: jsonPatch.applyPatch(before, operations, true, false).newDocument };
}

/** What the apiserver fills in before the webhooks see a pod. */
function named(pod: KubeObject): KubeObject {
  const generated = pod.metadata.generateName;
  const name = typeof generated === 'string' ? `${generated}${randomUUID().slice(0, 5)}` : (pod.metadata.name ?? 'pod');
  return structuredClone({ ...pod, metadata: { ...pod.metadata, name, uid: randomUUID() } });
}

function post(port: number, ca: string, body: unknown): Promise<unknown> {
  const options = {
    host: '127.0.0.1',
    port,
    path: PATHS.mutate,
    method: 'POST',
    ca,
    servername: `rolechain-webhook.${NAMESPACE}.svc`,
  };
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, headers: { 'content-type': 'application/json' } }, (answer) => {
      void text(answer).then((json) => {
        resolve(JSON.parse(json));
      }, reject);
    });
    asked.on('error', reject).end(JSON.stringify(body));
  });
}

async function serve(store: Store, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const url = new URL(asked.url ?? '/', 'http://stand-in');
  const body = await text(asked);
  const reply = (status: number, value: unknown): void => {
    answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  if (url.pathname.startsWith('/api/v1/serviceaccounts')) {
    // A watch on which nothing ever comes.
    if (url.searchParams.has('watch')) answer.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    else reply(200, { kind: 'ServiceAccountList', metadata: { resourceVersion: '1' }, items: store.accounts });
  } else if (url.pathname.includes('/secrets')) {
    if (body !== '') store.secret = { ...(JSON.parse(body) as Json) };
    if (store.secret) reply(200, store.secret);
    else reply(404, { kind: 'Status', code: 404 });
  } else if (url.pathname.includes('/mutatingwebhookconfigurations/')) {
    if (body !== '') jsonPatch.applyPatch(store.configuration, JSON.parse(body) as Operation[], true, true);
    reply(200, store.configuration);
  } else reply(404, { kind: 'Status', code: 404 });
}

async function text(stream: AsyncIterable<unknown>): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}

function withNamespace(account: KubeObject): KubeObject {
  return { ...account, metadata: { ...account.metadata, namespace: account.metadata.namespace ?? 'default' } };
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'stand-in', users: [{ name: 'webhook', user: {} }] },
    clusters: [{ name: 'stand-in', cluster: { server, 'insecure-skip-tls-verify': true } }],
    contexts: [{ name: 'stand-in', context: { cluster: 'stand-in', user: 'webhook' } }],
  });
}
