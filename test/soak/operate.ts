/** What an admin does meanwhile: settings change, also for the worse, and the webhook rolls. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { parse, stringify } from 'yaml';
import { NAME } from '../node/suite/install.ts';
import type { Kube } from '../node/suite/kube.ts';
import { noting } from './pods.ts';

const ours = `--namespace=${NAMESPACE}`;

export interface Operated {
  rolls: number;
  failedRolls: string[];
  settings: number;
  /** Invalid settings that the apiserver took. */
  invalidTaken: number;
  /** Certificates that the Secret has had. */
  readonly certificates: Set<string>;
  /** Restarts of the webhook's container that nobody asked for. */
  webhookRestarts: number;
  /** What the soak itself could not ask. */
  troubles: string[];
}

export const nothingOperated = (): Operated => ({
  ...{ rolls: 0, failedRolls: [], settings: 0, invalidTaken: 0, webhookRestarts: 0, troubles: [] },
  certificates: new Set(),
});

export interface Operation {
  readonly kube: Kube;
  readonly signal: AbortSignal;
  readonly operated: Operated;
  readonly everyMs: number;
}

/** Life of a leaf; a CA lives four times as long. */
export const LEAF_MINUTES = 5;

/** The webhook's part of what a soak needs: certificates that end soon, and calls that the load of this machine cannot end. */
export async function prepare({ kubectl }: Kube): Promise<void> {
  const lifetimes = `ROLECHAIN_CERTIFICATE_LIFETIMES=leaf=${LEAF_MINUTES}m,authority=${4 * LEAF_MINUTES}m`;
  // What is there lives on as long as it was made for, and a webhook of before would make it again so.
  await kubectl('scale', `deployment/${NAME}`, ours, '--replicas=0');
  await kubectl(
    'wait',
    'pod',
    ours,
    '--selector=app.kubernetes.io/component=webhook',
    '--for=delete',
    '--timeout=110s',
  );
  await kubectl('delete', 'secret', 'rolechain-webhook-tls', ours);
  await kubectl('set', 'env', `deployment/${NAME}`, ours, lifetimes);
  await kubectl('scale', `deployment/${NAME}`, ours, '--replicas=2');
  await rolledOut(kubectl);
  for (const kind of ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration']) {
    const { webhooks } = JSON.parse(await kubectl('get', kind, 'rolechain', '--output=json')) as { webhooks: object[] };
    const patch = webhooks.map((_, index) => ({ op: 'replace', path: `/webhooks/${index}/timeoutSeconds`, value: 30 }));
    await kubectl('patch', kind, 'rolechain', '--type=json', `--patch=${JSON.stringify(patch)}`);
  }
}

const rolledOut = (kubectl: Kube['kubectl']): Promise<string> =>
  kubectl('rollout', 'status', `deployment/${NAME}`, ours, '--timeout=110s');

/** Until the signal. */
export async function operate({ kube, signal, operated, everyMs }: Operation): Promise<void> {
  const configMap = ['configmap', NAME, ours] as const;
  const { data } = JSON.parse(await kube.kubectl('get', ...configMap, '--output=json')) as {
    data: Record<string, string>;
  };
  const before = parse(data['settings.yaml'] ?? '') as Record<string, unknown>;
  const write = async (settings: object): Promise<number | null> => {
    const patch = JSON.stringify({ data: { 'settings.yaml': stringify(settings) } });
    return (await kube.tryKubectl('patch', ...configMap, '--type=merge', `--patch=${patch}`)).code;
  };
  const isOver = (): boolean => signal.aborted;
  for (let round = 0; !isOver(); round++) {
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    if (isOver()) break;
    await noting(operated.troubles, async () => {
      if ((await write({ ...before, sidecarImagee: 'x' })) === 0) operated.invalidTaken++;
      if ((await write({ ...before, defaultTags: { round: String(round) } })) === 0) operated.settings++;
      await count(kube, operated);
      await kube.kubectl('rollout', 'restart', `deployment/${NAME}`, ours);
      const { code, stderr } = await kube.tryKubectl('rollout', 'status', `deployment/${NAME}`, ours, '--timeout=110s');
      if (code === 0) operated.rolls++;
      else operated.failedRolls.push(stderr.trim().slice(-200));
    });
  }
  await noting(operated.troubles, () => count(kube, operated));
  await write(before);
}

/** Of the pods that are there, before a roll takes them away. */
async function count({ kubectl }: Kube, operated: Operated): Promise<void> {
  const counts = '--output=jsonpath={.items[*].status.containerStatuses[*].restartCount}';
  const restarts = await kubectl('get', 'pods', ours, '--selector=app.kubernetes.io/component=webhook', counts);
  operated.webhookRestarts += restarts.split(' ').reduce((sum, one) => sum + Number(one), 0);
}

/** Looks at the certificate now and then. */
export async function watchCertificate({ kube, signal, operated }: Operation): Promise<void> {
  while (!signal.aborted) {
    const secret = ['get', 'secret', 'rolechain-webhook-tls', ours, '--output=jsonpath={.data.tls\\.crt}'];
    const { code, stdout } = await kube.tryKubectl(...secret);
    if (code === 0 && stdout !== '') operated.certificates.add(stdout);
    await sleep(5000, undefined, { signal }).catch(() => undefined);
  }
}
