/** rolechain in a cluster, as manifests say, with a webhook that can be taken away and brought back. */
import { ANNOTATIONS } from '@rolechain/shared';
import type { Cluster } from '../cluster/apiserver.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { applyAll, installManifests, leadServiceTo, startWebhook, type WebhookProcess } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { openApi, type Api } from './api.ts';
import { outcomeOf, pod, type Result } from './pods.ts';

export const ROLE = 'arn:aws:iam::222222222222:role/orders';

export interface Installed {
  readonly api: Api;
  /** Where the apiserver calls the webhook. */
  readonly port: number;
  readonly webhook: () => WebhookProcess;
  /** Ends it by SIGKILL. */
  readonly stopWebhook: () => Promise<void>;
  /** Starts it in the same place, and waits until the apiserver gets an answer. */
  readonly startWebhook: (outcome?: Result['outcome']) => Promise<void>;
  readonly untilAnswered: (outcome?: Result['outcome']) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface InstallOptions {
  readonly manifests?: readonly KubeObject[];
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The time-out of the manifests, in place of a patient one. */
  readonly timeout?: 'as shipped';
  /** What becomes of a pod of `orders` once the webhook answers. Default: injected. */
  readonly outcome?: Result['outcome'];
}

/** Applies the manifests and two accounts in namespace `shop`, `orders` and `plain`; starts the webhook. */
export async function install(cluster: Cluster, options: InstallOptions = {}): Promise<Installed> {
  const port = await freePort();
  await applyAll(cluster.kubeConfig, options.manifests ?? (await installManifests()));
  await leadServiceTo(cluster.kubeConfig, port, options.timeout);
  await applyAll(cluster.kubeConfig, [namespace('shop'), account('shop', 'orders', ROLE), account('shop', 'plain')]);
  const kubeconfig = await cluster.kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
  const api = await openApi(cluster.kubeConfig);
  let running: WebhookProcess | undefined;
  const installed: Installed = {
    api,
    port,
    webhook: () => {
      if (!running) throw new Error('the webhook is out');
      return running;
    },
    stopWebhook: async () => {
      await running?.stop();
      running = undefined;
    },
    startWebhook: async (outcome) => {
      running = await startWebhook({ port, kubeconfig, ...(options.settings && { settings: options.settings }) });
      await installed.untilAnswered(outcome);
    },
    untilAnswered: (outcome = options.outcome ?? 'injected') =>
      until('the apiserver gets an answer', PATIENCE_MS, async () => {
        if ((await outcomeOf(api, pod('shop', 'orders'))).outcome !== outcome) return false;
        return outcome === 'injected' || running?.log().includes('would have injected') === true;
      }),
    stop: async () => {
      api.close();
      await installed.stopWebhook();
    },
  };
  await installed.startWebhook();
  return installed;
}

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export function account(inNamespace: string, name: string, role?: string): KubeObject {
  const annotations = role === undefined ? {} : { [ANNOTATIONS.assumeRole.key]: role };
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: inNamespace, annotations } };
}

/** With these annotations and no others; undefined: without the field. */
export function annotated(object: KubeObject, annotations: Readonly<Record<string, string>> | undefined): KubeObject {
  const { annotations: _none, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, ...(annotations && { annotations }) } };
}
