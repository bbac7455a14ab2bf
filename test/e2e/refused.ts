/** Meets a refusal: at the pod, at the account, and at the webhook itself for pods that no apiserver lets through. */
import { request } from 'node:https';
import { AdmissionregistrationV1Api, CoreV1Api } from '@kubernetes/client-node';
import { PATHS } from '@rolechain/shared';
import { NAMESPACE as OURS } from '@rolechain/kit/namespace.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import type { Fixture } from '../fixture/fixture.ts';
import { NAMESPACE, type Refusal } from './refusals/refusal.ts';
import { account } from './scenario.ts';

/** The row's pod. It is never stored. */
export function refusedPod({ name, namespace = NAMESPACE, pod: annotations = {}, spec }: Refusal): KubeObject {
  const containers = [{ name: 'app', image: 'app:1' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: `${name}-`, namespace, annotations },
    spec: { serviceAccountName: name, ...(spec ?? { containers }) },
  };
}

/** Writes the row's account, without storing it. */
export function writeAccount({ cluster }: Fixture, row: Refusal): Promise<unknown> {
  const { namespace = NAMESPACE } = row;
  const api = cluster.kubeConfig.makeApiClient(CoreV1Api);
  return api.createNamespacedServiceAccount({ namespace, body: account(row), dryRun: 'All' });
}

/** Writes a Namespace of the row's name, without storing it. */
export function writeNamespace(
  { cluster }: Fixture,
  { name, onNamespace: annotations = {} }: Refusal,
): Promise<unknown> {
  const body = { metadata: { name, annotations } };
  return cluster.kubeConfig.makeApiClient(CoreV1Api).createNamespace({ body, dryRun: 'All' });
}

/** What the webhook, or the guard, says to a call of the apiserver. */
export async function refusalText(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    const { message = String(error) } = JSON.parse((error as { body?: string }).body ?? '{}') as { message?: string };
    return message.replace(/^(admission webhook|.* ValidatingAdmissionPolicy) .* denied (the )?request: /, '');
  }
}

/** The same of the webhook asked directly. Its certificate is checked as the apiserver does. */
export async function reviewPod({ cluster, webhook }: Fixture, pod: KubeObject): Promise<string> {
  const api = cluster.kubeConfig.makeApiClient(AdmissionregistrationV1Api);
  const { webhooks = [] } = await api.readMutatingWebhookConfiguration({ name: 'rolechain' });
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'a-review',
      namespace: pod.metadata.namespace,
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      dryRun: true,
      object: pod,
    },
  };
  const answer = await post(webhook.port, webhooks[0]?.clientConfig.caBundle ?? '', JSON.stringify(review));
  const { response } = JSON.parse(answer) as { response: { allowed: boolean; status?: { message: string } } };
  return response.allowed ? 'accepted' : (response.status?.message ?? '');
}

function post(port: number, caBundle: string, body: string): Promise<string> {
  const options = {
    ca: Buffer.from(caBundle, 'base64'),
    servername: `rolechain-webhook.${OURS}.svc`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  };
  return new Promise((resolve, reject) => {
    const asked = request(`https://127.0.0.1:${port}${PATHS.mutate}`, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    asked.on('error', reject).end(body);
  });
}
