/**
 * The whole of rolechain on one machine: a real kube-apiserver with manifests/install.yaml, the webhook
 * from its bundle behind its Service, and doubles of STS and the Pod Identity agent that verify the
 * cluster's own tokens. Demo and end-to-end tests stand on it.
 */
import type { JsonWebKey } from 'node:crypto';
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { ANNOTATIONS, FOREIGN_KEYS, parseAssumeRole, parseRoleARN } from '@rolechain/shared';
import { startCluster, type Cluster } from '../cluster/apiserver.ts';
import type { Binaries } from '../cluster/binaries.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { getRaw } from '../cluster/get-raw.ts';
import type { Pod } from '@rolechain/kit/pod.ts';
import { hearPod } from '../secrets/cluster.ts';
import { heard } from '@rolechain/kit/record.ts';
import { startAws, type Account, type Aws, type AwsOptions } from './aws.ts';
import { applyAll, installManifests, leadServiceTo, startWebhook, type WebhookProcess } from './install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';

export interface StageOptions {
  readonly binaries: Binaries;
  /** What the user applies beside rolechain: Namespaces and ServiceAccounts at least. */
  readonly objects: readonly KubeObject[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly aws?: Pick<AwsOptions, 'sessionSeconds' | 'secrets' | 'bases' | 'anyRegion'>;
  /** Told of each step that is done. */
  readonly step?: (what: string) => void;
}

export interface Stage {
  readonly cluster: Cluster;
  readonly aws: Aws;
  readonly webhook: WebhookProcess;
  readonly stop: () => Promise<void>;
}

/** Sets the stage; on failure takes down what stands already. */
export async function setStage({
  binaries,
  objects,
  settings,
  aws: awsOptions,
  step = () => undefined,
}: StageOptions): Promise<Stage> {
  const down: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of down.splice(0).reverse()) await end();
  };
  try {
    const cluster = await startCluster({ binaries });
    down.push(() => cluster.stop());
    step('etcd and kube-apiserver are ready');

    const port = await freePort();
    await applyAll(cluster.kubeConfig, await installManifests());
    await leadServiceTo(cluster.kubeConfig, port);
    await applyAll(cluster.kubeConfig, objects);
    step('manifests/install.yaml is applied');

    const { issuer, keys } = await issuerOf(cluster.kubeConfig);
    const aws = await startAws({ ...awsOptions, accounts: accountsOf(objects), issuer, keys });
    down.push(aws.close);
    const webhook = await install(cluster, aws, port, settings);
    down.push(webhook.stop);
    step('the webhook is ready');
    return { cluster, aws, webhook, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * The same stage with other settings: the webhook is started again in its place. A setting that is undefined is
 * absent, also where the stage has one of its own. Its `stop` ends everything.
 */
export async function withSettings(stage: Stage, settings: Readonly<Record<string, unknown>>): Promise<Stage> {
  const { cluster, aws } = stage;
  await stage.webhook.stop();
  const webhook = await install(cluster, aws, stage.webhook.port, settings);
  const stop = async (): Promise<void> => {
    await webhook.stop();
    await stage.stop();
  };
  return { ...stage, webhook, stop };
}

async function install(
  cluster: Cluster,
  aws: Aws,
  port: number,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<WebhookProcess> {
  const kubeconfig = await cluster.kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
  const endpoints = { stsEndpoint: aws.sts.url, agentEndpoints: [aws.agent.credentialsUrl] };
  return startWebhook({ port, kubeconfig, settings: { ...endpoints, ...settings } });
}

/** Creates a pod. While `dryRun`, nothing is stored. Rejects with the apiserver's refusal. */
export async function createPod(cluster: Cluster, pod: KubeObject, dryRun = false): Promise<Pod> {
  const api = cluster.kubeConfig.makeApiClient(CoreV1Api);
  const namespace = pod.metadata.namespace ?? 'default';
  try {
    const created = await api.createNamespacedPod({
      namespace,
      body: pod,
      ...(dryRun ? { dryRun: 'All' } : {}),
    });
    // The client gives back the API's JSON but for dates.
    const view = created as unknown as Pod;
    hearPod(view);
    return view;
  } catch (error) {
    heard('answer to an admission review', refusalOf(error) ?? '');
    throw error;
  }
}

/**
 * Waits until the apiserver calls the webhook for this pod: it learns of the CA bundle by a watch. A
 * refusal by the webhook counts as a call.
 */
export async function untilCalled(cluster: Cluster, pod: KubeObject): Promise<void> {
  await until('the apiserver calls the webhook', PATIENCE_MS, async () => {
    try {
      const { metadata } = await createPod(cluster, pod, true);
      const annotations = metadata.annotations ?? {};
      return ANNOTATIONS.status.key in annotations || ANNOTATIONS.skipped.key in annotations;
    } catch (error) {
      return refusalOf(error) !== undefined;
    }
  });
}

/** The message of the webhook's refusal; undefined for any other error. */
export function refusalOf(error: unknown): string | undefined {
  const body = (error as { body?: unknown }).body;
  const message =
    typeof body === 'string'
      ? (JSON.parse(body) as { message?: string }).message
      : (body as { message?: string } | undefined)?.message;
  return message?.startsWith('admission webhook "') ? message : undefined;
}

/** The accounts of these objects that ask for a role. An invalid annotation asks for none: the webhook says why. */
export function accountsOf(objects: readonly KubeObject[]): Account[] {
  return objects
    .filter(({ kind }) => kind === 'ServiceAccount')
    .map(({ metadata }) => {
      const annotations = (metadata.annotations ?? {}) as Record<string, string>;
      const parsed = parseAssumeRole(annotations[ANNOTATIONS.assumeRole.key] ?? '');
      return {
        namespace: metadata.namespace ?? 'default',
        name: metadata.name ?? '',
        roles: parsed.ok ? parsed.value : [],
        irsaRoleARN: parseRoleARN(annotations[FOREIGN_KEYS.eksRoleARN] ?? '') && annotations[FOREIGN_KEYS.eksRoleARN],
      };
    });
}

async function issuerOf(kubeConfig: KubeConfig): Promise<{ issuer: string; keys: JsonWebKey[] }> {
  const discovery = (await getRaw(kubeConfig, '/.well-known/openid-configuration')) as { issuer: string };
  const { keys } = (await getRaw(kubeConfig, '/openid/v1/jwks')) as { keys: JsonWebKey[] };
  return { issuer: discovery.issuer, keys };
}
