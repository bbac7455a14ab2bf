/** A Deployment of two replicas that is restarted, behind the Service of a real kube-apiserver, while pods are created. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATHS } from '@rolechain/shared';
import { freePort } from '@rolechain/kit/free-port.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { seeded } from '@rolechain/kit/seeded.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { Cluster } from '../cluster/apiserver.ts';
import {
  PATIENT_SECONDS,
  applyAll,
  changeWebhooks,
  installManifests,
  startWebhook,
  type WebhookProcess,
} from '../fixture/install.ts';
import { failedOpen, openApi, type Api } from '../guard/api.ts';
import { ROLE, account, namespace } from '../guard/installed.ts';
import { outcomeOf, pod } from '../guard/pods.ts';
import type { Network } from './network.ts';

/**
 * `in turn`: each step waits for the one before it, whatever the machine does meanwhile, the end of the drain too.
 * `as shipped`: the webhook's own 5 s and the 2 s of the manifests, and the EndpointSlice follows within a second.
 */
export type Pace = 'in turn' | 'as shipped';

export interface Restarts {
  readonly pods: number;
  /** What became of pods that were not injected. */
  readonly failures: readonly string[];
  /** Calls that the apiserver made in vain, by its own count. */
  readonly failedOpen: number;
  /** How each replaced replica ended. */
  readonly ended: readonly string[];
}

const REPLICAS = 2;
const WORKERS = 6;
const MAX_PAUSE_MS = 40;
const MAX_LAG_MS = 1000;
/** So many pods come while a replica is not called: then nobody calls it any longer. */
const UNCALLED = 50;
const HELD_DRAIN = join(import.meta.dirname, '..', 'webhook', 'held-drain.mjs');

export interface Replica {
  readonly process: WebhookProcess;
  readonly address: string;
  isReady: boolean;
}

/** Installs rolechain and restarts its Deployment so many times. Every pod that is created meanwhile asks for a role. */
export async function restartUnderLoad(
  cluster: Cluster,
  network: Network,
  times: number,
  pace: Pace,
): Promise<Restarts> {
  const { kubeConfig } = cluster;
  const isHeld = pace === 'in turn';
  const random = seeded(1);
  await applyAll(kubeConfig, [...(await installManifests()), namespace('shop'), account('shop', 'orders', ROLE)]);
  if (isHeld) await changeWebhooks(kubeConfig, (webhook) => (webhook.timeoutSeconds = PATIENT_SECONDS));
  const kubeconfig = await cluster.kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
  const api = await openApi(kubeConfig);
  const replicas: Replica[] = [];
  const publish = publisher(api, replicas);

  const add = async (): Promise<void> => {
    const env = isHeld ? { env: { NODE_OPTIONS: `--import ${HELD_DRAIN}` } } : {};
    const process = await startWebhook({ port: await freePort(), kubeconfig, ...env });
    replicas.push({ process, address: network.addressOf(process.port), isReady: true });
    await publish();
  };
  const remove = async (replica: Replica): Promise<string> => {
    const how = await replica.process.process.ended;
    replicas.splice(replicas.indexOf(replica), 1);
    await publish();
    await replica.process.stop();
    return how;
  };
  const load = makeLoad(api, random);
  /** The kubelet signals it, and the EndpointSlice controller sees the same deletion. */
  const leave = async (replica: Replica): Promise<void> => {
    const { process, healthURL } = replica.process;
    process.signal('SIGTERM');
    if (isHeld) {
      await until('it is not ready', PATIENCE_MS, async () => (await fetch(healthURL + PATHS.readyz)).status === 503);
    } else await sleep(random() * MAX_LAG_MS);
    replica.isReady = false;
    await publish();
    if (!isHeld) return;
    await load.untilUncalled(() => reviewsOf(healthURL));
    process.signal('SIGUSR2');
  };

  try {
    for (let i = 0; i < REPLICAS; i++) await add();
    await until('pods are injected', PATIENCE_MS, async () => {
      return (await outcomeOf(api, pod('shop', 'orders'))).outcome === 'injected';
    });
    const before = await failedOpen(api, 'pods.rolechain.io');
    load.start();
    const ends: Promise<string>[] = [];
    for (let i = 0; i < times * REPLICAS; i++) {
      await add();
      const oldest = replicas.find(({ isReady }) => isReady);
      if (!oldest) throw new Error('no replica is ready');
      ends.push(remove(oldest));
      await leave(oldest);
    }
    const ended = await Promise.all(ends);
    const { pods, failures } = await load.stop();
    return { pods, failures, failedOpen: (await failedOpen(api, 'pods.rolechain.io')) - before, ended };
  } finally {
    await load.stop();
    await Promise.all(replicas.map(({ process }) => process.stop()));
    api.close();
  }
}

/** Writes the endpoints of the Service as the replicas are when its turn comes. */
export function publisher(api: Api, replicas: readonly Replica[]): () => Promise<void> {
  const name = 'rolechain-webhook';
  const apply = async (path: string, object: KubeObject): Promise<void> => {
    const { status, body } = await api.apply(
      `${path}/namespaces/${NAMESPACE}/${object.kind.toLowerCase().replace(/s?$/, 's')}/${name}`,
      object,
    );
    if (status >= 300) throw new Error(`${object.kind}: ${status} ${body}`);
  };
  const write = async (): Promise<void> => {
    const endpoints = replicas.map(({ address, isReady }) => ({
      addresses: [address],
      conditions: { ready: isReady, serving: isReady, terminating: !isReady },
    }));
    await apply('/apis/discovery.k8s.io/v1', {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'webhook', port: 9443, protocol: 'TCP' }],
      endpoints,
    });
    // What the aggregator's resolver of 1.33 reads (k8s.io/apiserver pkg/util/proxy/proxy.go).
    const addresses = replicas.filter(({ isReady }) => isReady).map(({ address }) => ({ ip: address }));
    const subsets = [{ addresses, ports: [{ name: 'webhook', port: 9443, protocol: 'TCP' }] }];
    await apply('/api/v1', { apiVersion: 'v1', kind: 'Endpoints', metadata: { name }, subsets });
  };
  let last = Promise.resolve();
  return () => (last = last.then(write));
}

async function reviewsOf(healthURL: string): Promise<number> {
  const metrics = await (await fetch(healthURL + PATHS.metrics)).text();
  const counts = metrics.matchAll(/^rolechain_admissions_total\{[^}]*\} (\S+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

interface Load {
  readonly start: () => void;
  /** Waits until a count stays as it is while further pods come. */
  readonly untilUncalled: (calls: () => Promise<number>) => Promise<void>;
  /** May be called again. */
  readonly stop: () => Promise<Pick<Restarts, 'pods' | 'failures'>>;
}

/** Workers that create pods, each as soon as it has its answer and a short while has passed: now some at once, now none. */
function makeLoad(api: Api, random: () => number): Load {
  const failures: string[] = [];
  let pods = 0;
  let isOver = false;
  let workers: readonly Promise<void>[] = [];
  const work = async (): Promise<void> => {
    while (!isOver) {
      try {
        const { outcome, message = '' } = await outcomeOf(api, pod('shop', 'orders'), 'made');
        if (outcome !== 'injected') failures.push(`${outcome} ${message}`);
      } catch (error) {
        failures.push(String(error));
      }
      pods++;
      await sleep(random() * MAX_PAUSE_MS);
    }
  };
  return {
    start: () => (workers = Array.from({ length: WORKERS }, work)),
    untilUncalled: async (calls) => {
      let [seen, since] = [await calls(), pods];
      await until('nobody calls it any longer', PATIENCE_MS, async () => {
        const now = await calls();
        if (now !== seen) [seen, since] = [now, pods];
        return pods >= since + UNCALLED;
      });
    },
    stop: async () => {
      isOver = true;
      await Promise.all(workers);
      return { pods, failures };
    },
  };
}
