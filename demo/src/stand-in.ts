/**
 * Where there is no kube-apiserver: the webhook starts on the double of the API, and the AdmissionReview is posted as
 * the apiserver would. No validation, no defaults, no RBAC: the real one is in test/cluster.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeServiceAccountToken, makeSigningKey } from '@rolechain/doubles/jwt.ts';
import { startKubeDouble, type KubeDouble } from '@rolechain/doubles/kube.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import type { Pod } from '@rolechain/kit/pod.ts';
import { startAws } from '@rolechain/test/fixture/aws.ts';
import { installManifests, startWebhook } from '@rolechain/test/fixture/install.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { reviewPod } from '@rolechain/test/fixture/review.ts';
import { accountsOf } from '@rolechain/test/fixture/fixture.ts';
import type { Projections } from '@rolechain/test/fixture/pod.ts';
import type { Admission, Setting } from './control-plane.ts';
import { serviceAccountName } from './scene.ts';

const ISSUER = 'https://stand-in.example';

export async function setStandIn({ objects, secrets }: Setting, step: (what: string) => void): Promise<Admission> {
  const key = makeSigningKey();
  const down: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of down.splice(0).reverse()) await end();
  };
  try {
    const api = await startKubeDouble({ objects: [...(await installManifests()), ...objects] });
    down.push(api.close);
    const aws = await startAws({
      ...{ accounts: accountsOf(objects), issuer: ISSUER, keys: [key.publicKey] },
      ...{ secrets, anyRegion: true },
    });
    down.push(aws.close);
    step('the doubles of the Kubernetes API, STS and the Pod Identity agent listen');
    const folder = await mkdtemp(join(tmpdir(), 'rolechain-stand-in-'));
    down.push(() => rm(folder, { recursive: true, force: true }));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, api.kubeconfig, { mode: 0o600 });
    const port = await freePort();
    const settings = { stsEndpoint: aws.sts.url, agentEndpoints: [aws.agent.credentialsUrl] };
    const webhook = await startWebhook({ port, kubeconfig, settings, hopeless: () => api.unanswered[0] });
    down.push(webhook.stop);
    step('the webhook is ready');
    return {
      aws,
      stop,
      admit: (pod) => admit(api, port, pod),
      projections: (pod) => ({ ...projectionsOf(pod, key), secrets }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Tokens of an issuer of our own, whose key the doubles know. */
function projectionsOf({ metadata, spec }: Pod, key: ReturnType<typeof makeSigningKey>): Projections {
  const claims = {
    namespace: metadata.namespace ?? '',
    serviceAccount: spec.serviceAccountName ?? 'default',
    pod: { name: metadata.name ?? '', uid: metadata.uid ?? '' },
  };
  const token: Projections['token'] = (audience, expiresInSeconds) =>
    Promise.resolve(makeServiceAccountToken({ ...claims, audience, expiresInSeconds, key, issuer: ISSUER }));
  return { clusterCA: '', token };
}

/** The webhook's answer to the pod as the apiserver would show it. Throws with the refusal. */
async function admit(api: KubeDouble, port: number, pod: KubeObject): Promise<{ before: Pod; after: Pod }> {
  const before = named(pod);
  const { pod: after, refusal } = await reviewPod(api, port, before);
  const [unanswered] = api.unanswered;
  if (unanswered !== undefined) throw new Error(unanswered);
  if (!after) throw new Error(refusal);
  return { before: before as unknown as Pod, after: after as unknown as Pod };
}

/** What the apiserver fills in before the webhooks see a pod. */
function named(pod: KubeObject): KubeObject {
  const generated = pod.metadata.generateName;
  const name = pod.metadata.name ?? `${typeof generated === 'string' ? generated : 'pod-'}${randomUUID().slice(0, 5)}`;
  const spec = { ...(pod.spec as object | undefined), serviceAccountName: serviceAccountName(pod) };
  return structuredClone({ ...pod, metadata: { ...pod.metadata, name, uid: randomUUID() }, spec });
}
