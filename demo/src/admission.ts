/** What the demo needs of a control plane: a pod goes in, the mutated pod comes out, with tokens for it. */
import { ANNOTATIONS } from '@rolechain/shared';
import type { Cluster } from '@rolechain/test/cluster/apiserver.ts';
import type { Pod } from '@rolechain/kit/pod.ts';
import { createPod, makeFixture, untilCalled } from '@rolechain/test/fixture/fixture.ts';
import { labelNamespaces } from '@rolechain/test/fixture/install.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { projections } from '@rolechain/test/fixture/pod.ts';
import { locateBinaries, type Binaries } from '@rolechain/test/cluster/binaries.ts';
import { setStandIn } from './stand-in.ts';
import type { Admission, Setting } from './control-plane.ts';

/** With a real apiserver where its binaries are, else with a stand-in that says so. */
export async function setAdmission(setting: Setting, step: (what: string) => void): Promise<Admission> {
  const binaries = locateBinaries();
  if (!('reason' in binaries)) return setReal(setting, binaries, step);
  console.log(`There is no kube-apiserver here: ${binaries.reason}`);
  console.log('So the AdmissionReview is posted to the webhook over TLS, as the apiserver would.\n');
  return setStandIn(setting, step);
}

/** A pod of the demo's own, by which it sees whether the apiserver calls the webhook: the user's may never be admitted. */
const PROBE = { name: 'rolechain-demo-probe', namespace: 'default' };
const PROBE_ACCOUNT: KubeObject = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { ...PROBE, annotations: { [ANNOTATIONS.assumeRole.key]: 'arn:aws:iam::222222222222:role/probe' } },
};
const PROBE_POD: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: PROBE,
  spec: { serviceAccountName: PROBE.name, containers: [{ name: 'app', image: 'none' }] },
};

export async function setReal(
  { objects, secrets }: Setting,
  binaries: Binaries,
  step: (what: string) => void,
): Promise<Admission & { readonly cluster: Cluster }> {
  const all = [PROBE_ACCOUNT, ...objects];
  const { cluster, aws, stop } = await makeFixture({ binaries, objects: all, step, aws: { secrets, anyRegion: true } });
  try {
    await labelNamespaces(cluster.kubeConfig, objects);
    await untilCalled(cluster, PROBE_POD);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ cluster, aws, stop },
    admit: async (pod, dryRun) => ({
      before: await withoutUs(cluster, pod),
      after: await createPod(cluster, pod, dryRun),
    }),
    projections: (pod) => ({ ...projections(cluster.kubeConfig, pod), secrets }),
  };
}

/** The same pod with the apiserver's own defaults alone: asked to be left alone, that wish taken out again. */
async function withoutUs(cluster: Cluster, pod: KubeObject): Promise<Pod> {
  const key = ANNOTATIONS.inject.key;
  const annotations = (pod.metadata.annotations ?? {}) as Record<string, string>;
  const asked = { ...pod, metadata: { ...pod.metadata, annotations: { ...annotations, [key]: 'false' } } };
  const { metadata, ...rest } = await createPod(cluster, asked, true);
  const { [key]: _wish, ...others } = metadata.annotations ?? {};
  return { ...rest, metadata: { ...metadata, annotations: others } };
}

/** The apiserver's words, or the webhook's; of any other error its message. */
export function wordsOf(error: unknown): string {
  const { body } = error as { body?: unknown };
  const status = typeof body === 'string' ? parsed(body) : body;
  const { message } = (status ?? {}) as { message?: unknown };
  if (typeof message === 'string' && message !== '') return message;
  return error instanceof Error ? error.message : 'failed';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
