/**
 * Fills a test cluster with ServiceAccounts through etcd's JSON gateway, past kube-apiserver: that would take
 * minutes for 100,000. kube-apiserver reads JSON from etcd, whatever it writes itself.
 */
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '@rolechain/test/cluster/apiserver.ts';
import { openApi, type Api } from '@rolechain/test/guard/api.ts';
import { until } from '@rolechain/kit/until.ts';
import { PER_NAMESPACE, namespaceOf, seededAccount, type SeededAccount } from './account.ts';

/** etcd's own limit of one transaction (--max-txn-ops). */
const TXN = 128;
const PARALLEL = 4;

/**
 * Writes `count` accounts in namespaces of 20 each, and reads them back through the API. Throws where etcd
 * refuses, or the API tells of others than were written.
 */
export async function seedAccounts(cluster: Pick<Cluster, 'folder' | 'kubeConfig'>, count: number): Promise<void> {
  const objects = objectsOf(count);
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
  const work = async (): Promise<void> => {
    for (;;) {
      const batch = take(objects, TXN);
      if (batch.length === 0) return;
      await put(join(cluster.folder, 'etcd.sock'), agent, batch);
    }
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL }, work));
  } finally {
    agent.destroy();
  }
  const api = await openApi(cluster.kubeConfig);
  try {
    await readBack(api, count);
  } finally {
    api.close();
  }
}

type Entry = readonly [key: string, object: object];

function* objectsOf(count: number): Generator<Entry> {
  for (let index = 0; index < count; index++) {
    const namespace = namespaceOf(index);
    if (index % PER_NAMESPACE === 0) yield [`/registry/namespaces/${namespace}`, namespaceObject(namespace, index)];
    const account = seededAccount(index);
    yield [`/registry/serviceaccounts/${namespace}/${account.metadata.name}`, account];
  }
}

function namespaceObject(name: string, index: number): object {
  const uid = `0b9d7c1e-8a44-4c0f-b1de-${index.toString(16).padStart(12, '0')}`;
  const labels = { 'kubernetes.io/metadata.name': name };
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, uid, creationTimestamp: '2026-01-01T00:00:00Z', labels },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

function take<T>(from: Iterator<T, unknown>, most: number): T[] {
  const taken: T[] = [];
  while (taken.length < most) {
    const next = from.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

function put(socketPath: string, agent: Agent, batch: readonly Entry[]): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const success = batch.map(([key, object]) => {
    return { requestPut: { key: base64(key), value: base64(JSON.stringify(object)) } };
  });
  const body = JSON.stringify({ success });
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request({ socketPath, agent, path: '/v3/kv/txn', method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        if (response.statusCode === 200 && answer.includes('"succeeded":true')) resolve();
        else reject(new Error(`etcd did not take the accounts: ${response.statusCode} ${answer.slice(0, 300)}`));
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

async function readBack(api: Api, count: number): Promise<void> {
  const get = async <T>(path: string): Promise<T> => {
    const { status, body } = await api.get(path);
    if (status !== 200) throw new Error(`the API answers ${status} to ${path}`);
    return JSON.parse(body) as T;
  };
  interface List {
    readonly items: readonly unknown[];
    readonly metadata: { readonly remainingItemCount?: number };
  }
  const counted = async (): Promise<number> => {
    // One page, and how many are behind it; an estimate while kube-apiserver's own cache fills.
    const { items, metadata } = await get<List>('/api/v1/serviceaccounts?limit=1');
    return items.length + (metadata.remainingItemCount ?? 0);
  };
  await until(`the API tells of ${count} accounts`, 30_000, async () => (await counted()) >= count);
  const last = seededAccount(count - 1);
  const { namespace, name } = last.metadata;
  const read = await get<SeededAccount>(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}`);
  const { resourceVersion: _, ...metadata } = read.metadata;
  if (!isDeepStrictEqual({ ...read, metadata }, last))
    throw new Error(`the API gives ${JSON.stringify(read)} where ${JSON.stringify(last)} was written`);
}
