/** The webhook's two ports, as targets of floods. */
import { AdmissionregistrationV1Api, CoreV1Api } from '@kubernetes/client-node';
import { PATHS } from '@rolechain/shared';
import { parseQuantity } from '../../webhook/src/objects/quantity.ts';
import type { MemoryGroup } from '../cgroup/memory.ts';
import type { Cluster } from '../cluster/apiserver.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { applyAll, installManifests, startWebhook } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { until } from '@rolechain/kit/until.ts';
import type { Manners } from './honest.ts';
import type { Target } from './run.ts';
import { review } from '@rolechain/webhook/testing/server.ts';

export type WebhookPort = 'webhook TLS' | 'webhook health';

const SERVER_NAME = `rolechain-webhook.${NAMESPACE}.svc`;
/** Of node's default for all heads (--max-http-header-size), and Fastify leaves it so. */
const HEAD_BYTES = 16 * 1024;

/** The manifests' memory limit of the webhook's container, in MiB. */
export async function webhookLimitMiB(): Promise<number> {
  const deployment = (await installManifests()).find(({ kind }) => kind === 'Deployment') as unknown as {
    spec: { template: { spec: { containers: { resources: { limits: { memory: string } } }[] } } };
  };
  return (parseQuantity(deployment.spec.template.spec.containers[0]?.resources.limits.memory ?? '') ?? NaN) / 2 ** 20;
}

/** What a webhook needs of its cluster. Resolves to a kubeconfig file with its rights. */
export async function prepareCluster(cluster: Cluster): Promise<string> {
  await applyAll(cluster.kubeConfig, await installManifests());
  await cluster.kubeConfig
    .makeApiClient(CoreV1Api)
    .createNamespacedServiceAccount({ namespace: 'default', body: { metadata: { name: 'plain' } } });
  return cluster.kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
}

export async function startWebhookTarget(
  { cluster, kubeconfig }: { readonly cluster: Cluster; readonly kubeconfig: string },
  port: WebhookPort,
  group: MemoryGroup,
): Promise<Target> {
  const webhook = await startWebhook({ port: await freePort(), kubeconfig, enter: group.enter });
  try {
    const healthPort = Number(new URL(webhook.healthURL).port);
    const { pid, ended } = webhook.process;
    if (port === 'webhook health') {
      const manners: Manners = {
        request: { port: healthPort, path: PATHS.readyz },
        fits: (status) => status === 200,
        // The readinessProbe of the manifests: a second, three times.
        tries: 3,
        timeoutMs: 1000,
      };
      const request = `GET ${PATHS.metrics} HTTP/1.1\r\nhost: x\r\n\r\n`;
      const path = PATHS.metrics;
      const at = { pid, port: healthPort, tls: false, request, path, headBytes: HEAD_BYTES };
      return { ...at, manners: () => manners, ended, stop: webhook.stop };
    }
    let ca = '';
    const api = cluster.kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    await until('the CA is published', 15_000, async () => {
      const { webhooks } = await api.readMutatingWebhookConfiguration({ name: 'rolechain' });
      ca = Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString();
      return ca !== '';
    });
    const body = reviewOf('plain');
    const manners: Manners = {
      request: {
        ...{ tls: true, port: webhook.port, path: `${PATHS.mutate}?timeout=2s`, method: 'POST', ca },
        servername: SERVER_NAME,
        headers: { 'content-type': 'application/json' },
      },
      body,
      fits: (status, text) => status === 200 && text.includes('"allowed":true'),
      // The apiserver asks once, for 2 s (manifests), and once more where the connection broke or a 503 says when.
      tries: 2,
      timeoutMs: 2000,
    };
    const request = `POST ${PATHS.mutate} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const at = { pid, port: webhook.port, tls: true, request, path: PATHS.mutate, headBytes: HEAD_BYTES };
    return { ...at, manners: () => manners, ended, stop: webhook.stop };
  } catch (error) {
    await webhook.stop();
    throw error;
  }
}

/** Of an ordinary pod in `default`, as the apiserver sends it. */
function reviewOf(serviceAccountName: string): string {
  const pod = { metadata: {}, spec: { serviceAccountName, containers: [{ name: 'app', image: 'app:1' }] } };
  return review(pod, { namespace: 'default' });
}
