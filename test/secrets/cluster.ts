/** The objects of a cluster, as everybody who may read them sees them, and the secrets that it keeps. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AdmissionregistrationV1Api, CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { ENV } from '@rolechain/shared';
import { allContainers, valueOf, type Pod } from '@rolechain/kit/pod.ts';
import { heard, isRecording, isSecret } from '@rolechain/kit/record.ts';

/** An apiserver that a test has frozen or ended is not waited for. */
const PATIENCE_MS = 2000;

/** Notes the values of all Secrets, and hears all objects that rolechain or the apiserver for it has written. */
export async function hearCluster(kubeConfig: KubeConfig): Promise<void> {
  if (!isRecording()) return;
  const waited = new AbortController();
  const patience = sleep(PATIENCE_MS, undefined, { signal: waited.signal }).catch(() => undefined);
  await Promise.race([readAll(kubeConfig).catch(() => undefined), patience]);
  waited.abort();
}

async function readAll(kubeConfig: KubeConfig): Promise<void> {
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const registration = kubeConfig.makeApiClient(AdmissionregistrationV1Api);
  for (const { data = {} } of (await core.listSecretForAllNamespaces()).items) {
    for (const [name, value] of Object.entries(data)) knowValue(name, Buffer.from(value, 'base64').toString());
  }
  for (const pod of (await core.listPodForAllNamespaces()).items) hearPod(pod as unknown as Pod);
  const lists = await Promise.all([
    core.listServiceAccountForAllNamespaces(),
    core.listNamespace(),
    core.listEventForAllNamespaces(),
    registration.listMutatingWebhookConfiguration(),
    registration.listValidatingWebhookConfiguration(),
  ]);
  for (const { items } of lists) for (const item of items) heard('object in the cluster', JSON.stringify(item));
}

/** A certificate is public. */
function knowValue(name: string, value: string): void {
  if (name.endsWith('.key')) isSecret('private key', value);
  else if (!name.endsWith('.crt')) isSecret('value of a Secret', value);
}

/** Hears a pod as it is stored. */
export function hearPod(pod: Pod): void {
  heard('object in the cluster', podText(pod));
}

/**
 * A pod as text. With `authorization-token: env` readers of the pod see that token, by contract: its value is left out
 * here, and stays a secret everywhere else.
 */
function podText(pod: Pod): string {
  let text = JSON.stringify(pod);
  for (const container of allContainers(pod)) {
    const token = valueOf(container, ENV.token);
    if (token) text = text.replaceAll(isSecret('authorization token', token), 'the authorization token');
  }
  return text;
}
