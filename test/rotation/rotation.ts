/** Certificates that rotate behind the Service of a real kube-apiserver while pods are asked for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTLS } from 'node:tls';
import { CoreV1Api } from '@kubernetes/client-node';
import { makeAuthority, makeLeaf, serviceDnsNames } from '@rolechain/certs';
import { ENV, WEBHOOK_CONFIGURATION_KINDS } from '@rolechain/shared';
import { freePort } from '@rolechain/kit/free-port.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
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
import type { Network } from '../rolling/network.ts';
import { publisher, type Replica } from '../rolling/rolling.ts';
import { isSecret } from '@rolechain/kit/record.ts';
import { shiftedClock } from '../sidecar/clock-shift.ts';
import { digest, leafOf } from '../webhook/replica.ts';

const SECRET = 'rolechain-webhook-tls';
const PER_SECOND = 50;
const PROBE_EVERY_MS = 50;
const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
/** So many at a time: what a machine can't bear must not pile up. */
const MOST_AT_ONCE = 20;
/** Longer than a test ever takes, so that nothing ends on a machine that has other things to do; it settles in 5 s. */
export const SHORT = { leafMs: 3 * 3_600_000, authorityMs: 9 * 3_600_000, text: 'leaf=3h,authority=9h' };

export interface Load {
  readonly pods: number;
  readonly perSecond: number;
  /** What became of pods that were not injected. */
  readonly failures: readonly string[];
  /** Calls that the apiserver made in vain, by its own count. */
  readonly failedOpen: number;
  readonly handshakes: number;
  /** Handshakes in which the published bundle did not vouch for what a replica served. */
  readonly unvouched: readonly string[];
}

/** A line of a replica's log: its own clock, so that it is compared with other lines of that replica alone. */
export interface Said {
  readonly time: string;
  readonly message: string;
  readonly reason?: string;
  readonly others?: string;
}

export interface Rotation {
  /** Starts replicas at once, and publishes them as they become ready. `offMinutes`: how wrong the clock of each is. */
  readonly start: (offMinutes: readonly number[], lifetimes?: string) => Promise<void>;
  /** Ends so many of the oldest, as a rolling restart does. */
  readonly end: (count: number) => Promise<void>;
  readonly log: () => string;
  /** What each replica said of certificates, in order. */
  readonly said: () => readonly (readonly Said[])[];
  /** All serve the Secret's leaf, and its bundle is published: what it holds then. */
  readonly atRest: () => Promise<{ readonly leaf: string; readonly bundle: string }>;
  /** Writes a new CA and leaf into the Secret, one or the other as old as SHORT lets them become: due now. */
  readonly age: (which: 'CA' | 'leaf') => Promise<void>;
  readonly startLoad: () => Promise<void>;
  readonly stopLoad: () => Promise<Load>;
  readonly close: () => Promise<void>;
}

export async function openRotation(cluster: Cluster, network: Network): Promise<Rotation> {
  const { kubeConfig } = cluster;
  await applyAll(kubeConfig, [...(await installManifests()), namespace('shop'), account('shop', 'orders', ROLE)]);
  await changeWebhooks(kubeConfig, (webhook) => (webhook.timeoutSeconds = PATIENT_SECONDS));
  const kubeconfig = await cluster.kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
  const api = await openApi(kubeConfig);
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-rotation-'));
  const replicas: Replica[] = [];
  const all: WebhookProcess[] = [];
  const publish = publisher(api, replicas);
  const bundles = (): Promise<string[]> => publishedBundles(api);
  let load: RunningLoad | undefined;

  const add = async (minutes: number, lifetimes: string): Promise<void> => {
    const clock = shiftedClock(mkdtempSync(join(folder, 'clock-')), minutes);
    const env = { ...clock.env, [ENV.certificateLifetimes]: lifetimes };
    const process = await startWebhook({ port: await freePort(), kubeconfig, env });
    all.push(process);
    replicas.push({ process, address: network.addressOf(process.port), isReady: true });
    await publish();
  };
  const stopAll = (): Promise<unknown> => Promise.all(all.map(({ stop }) => stop()));
  return {
    start: async (offMinutes, lifetimes = '') => {
      await Promise.all(offMinutes.map((minutes) => add(minutes, lifetimes)));
    },
    end: async (count) => {
      for (const replica of replicas.slice(0, count)) {
        replica.isReady = false;
        await publish();
        replica.process.process.signal('SIGTERM');
        await replica.process.process.ended;
        replicas.splice(replicas.indexOf(replica), 1);
        await publish();
      }
    },
    log: () => all.map(({ log }) => log()).join(''),
    said: () => all.map(({ log }) => saidOfCertificates(log())),
    atRest: async () => {
      let rest = { leaf: '', bundle: '' };
      await until('all serve what the Secret holds, and its bundle is published', PATIENCE_MS, async () => {
        const { 'tls.crt': leaf = '', 'ca.crt': bundle = '' } = await readSecret(core);
        rest = { leaf, bundle };
        if (leaf === '' || (await bundles()).some((one) => one !== bundle)) return false;
        const served = await Promise.all(replicas.map(({ process }) => leafOf(process.port)));
        return served.every((one) => one === digest(leaf));
      });
      return rest;
    },
    age: async (which) => {
      const { leafMs, authorityMs } = SHORT;
      const aged = (is: boolean, ms: number): Date => new Date(Date.now() - (is ? ms * 0.71 : 0));
      const authority = await makeAuthority({
        ...{ now: aged(which === 'CA', authorityMs), commonName: 'rolechain webhook CA', lifetimeMs: authorityMs },
      });
      const dnsNames = serviceDnsNames('rolechain-webhook', NAMESPACE);
      const leaf = await makeLeaf({
        ...{ authority, dnsNames, now: aged(which === 'leaf', leafMs), lifetimeMs: leafMs },
      });
      const pems = { 'tls.crt': leaf.certificate, 'tls.key': leaf.key, 'ca.crt': authority.certificate };
      for (const { key } of [authority, leaf]) isSecret('private key', key);
      const stringData = { ...pems, 'ca.key': authority.key };
      const { status } = await api.patch(`/api/v1/namespaces/${NAMESPACE}/secrets/${SECRET}`, { stringData });
      if (status !== 200) throw new Error(`The Secret was not written: ${status}`);
    },
    startLoad: async () => {
      await until('pods are injected', PATIENCE_MS, async () => (await ask(api)) === 'injected');
      load = runLoad(api, await failedOpen(api, 'pods.rolechain.io'), bundles, () =>
        replicas.filter(({ isReady }) => isReady).map(({ process }) => process.port),
      );
    },
    stopLoad: async () => {
      if (!load) throw new Error('no load');
      const { before, stop } = load;
      const result = await stop();
      return { ...result, failedOpen: (await failedOpen(api, 'pods.rolechain.io')) - before };
    },
    close: async () => {
      await load?.stop();
      await stopAll();
      api.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Why certificates were written, sorted: each time once, whoever was first. */
export const writesOf = (said: readonly Said[]): string[] =>
  said.flatMap(({ message, reason }) => (message === 'certificates: made' ? ['made'] : (reason ?? []))).sort();

/** For how long replicas had both CAs published before they served a leaf of the new one, and after. */
export function overlapsOf(said: readonly (readonly Said[])[]): {
  readonly before: number[];
  readonly after: number[];
} {
  const [before, after]: [number[], number[]] = [[], []];
  for (const lines of said) {
    let [publishedAt, servedAt]: [number | undefined, number | undefined] = [undefined, undefined];
    for (const { time, message, others } of lines) {
      const at = Date.parse(time);
      if (message === 'certificates: a new leaf is served') {
        if (servedAt !== undefined && publishedAt !== undefined) before.push(at - publishedAt);
        [publishedAt, servedAt] = [undefined, at];
      } else if (others === 'keep') publishedAt ??= at;
      else if (others === 'drop' && servedAt !== undefined) after.push(at - servedAt);
    }
  }
  return { before, after };
}

function saidOfCertificates(log: string): Said[] {
  const lines = log.split('\n').filter((line) => line.includes('"certificates: '));
  return lines.map((line) => JSON.parse(line) as Said);
}

/** Its `data`, nothing where it is gone. */
async function readSecret(core: CoreV1Api): Promise<Readonly<Record<string, string>>> {
  const asked = core.readNamespacedSecret({ name: SECRET, namespace: NAMESPACE });
  return asked.then(({ data }) => data ?? {}).catch(() => ({}));
}

export async function publishedBundles(api: Api): Promise<string[]> {
  const found = await Promise.all(
    WEBHOOK_CONFIGURATION_KINDS.map((kind) => api.get(`${ADMISSION}/${kind.toLowerCase()}s/rolechain`)),
  );
  return found.flatMap(({ body }) => {
    const { webhooks } = JSON.parse(body) as { webhooks: { clientConfig: { caBundle?: string } }[] };
    return webhooks.map(({ clientConfig }) => clientConfig.caBundle ?? '');
  });
}

async function ask(api: Api): Promise<string> {
  try {
    const { outcome, message = '' } = await outcomeOf(api, pod('shop', 'orders'));
    return `${outcome} ${message}`.trim();
  } catch (error) {
    return String(error);
  }
}

interface RunningLoad {
  readonly before: number;
  /** May be called again. */
  readonly stop: () => Promise<Omit<Load, 'failedOpen'>>;
}

/**
 * Pods at their rate, whatever became of the ones before. An apiserver keeps its connections, so that few of its calls need a
 * handshake: beside it each replica is connected to again and again, by one who trusts what is published.
 */
function runLoad(api: Api, before: number, bundles: () => Promise<string[]>, ports: () => number[]): RunningLoad {
  const failures: string[] = [];
  const unvouched: string[] = [];
  const asked = new Set<Promise<void>>();
  const started = performance.now();
  const over = new AbortController();
  let [pods, handshakes] = [0, 0];
  const askAlong = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const one = ask(api).then((outcome) => {
        if (outcome !== 'injected') failures.push(outcome);
        asked.delete(one);
      });
      asked.add(one);
      pods++;
      while (asked.size >= MOST_AT_ONCE) await Promise.race(asked);
      const late = pods * (1000 / PER_SECOND) - (performance.now() - started);
      await sleep(Math.max(0, late));
    }
  };
  const probe = async (): Promise<void> => {
    while (!over.signal.aborted) {
      for (const bundle of new Set(await bundles())) {
        for (const port of ports()) {
          const error = await handshake(port, Buffer.from(bundle, 'base64').toString());
          handshakes++;
          // One that ends meanwhile has no port any longer.
          if (error !== undefined && ports().includes(port)) unvouched.push(error);
        }
      }
      await sleep(PROBE_EVERY_MS);
    }
  };
  const running = [askAlong(), probe()];
  return {
    before,
    stop: async () => {
      over.abort();
      await Promise.all(running);
      await Promise.all(asked);
      const perSecond = pods / ((performance.now() - started) / 1000);
      return { pods, perSecond, failures, handshakes, unvouched };
    },
  };
}

/** Why it failed. */
export function handshake(port: number, ca: string): Promise<string | undefined> {
  const servername = `rolechain-webhook.${NAMESPACE}.svc`;
  return new Promise((resolve) => {
    const socket = connectTLS({ host: '127.0.0.1', port, ca, servername }, () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error) => resolve(String(error)));
  });
}
