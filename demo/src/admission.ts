/** What the demo needs of a control plane: a pod goes in, the mutated pod comes out, with tokens for it. */
import { ANNOTATIONS } from '@rolechain/shared';
import type { Cluster } from '@rolechain/test/cluster/apiserver.ts';
import type { Pod } from '@rolechain/test/kubelet/pod.ts';
import { createPod, setStage, untilCalled } from '@rolechain/test/stage/stage.ts';
import type { Aws } from '@rolechain/test/stage/aws.ts';
import type { KubeObject } from '@rolechain/test/stage/manifests.ts';
import { projections, type Projections } from '@rolechain/test/stage/pod.ts';
import { locateBinaries } from '@rolechain/test/cluster/binaries.ts';
import { setStandIn } from './stand-in.ts';

export interface Admission {
  readonly aws: Aws;
  /** The pod as it comes out, and as it would have without us. Rejects with the refusal's message. */
  readonly admit: (pod: KubeObject) => Promise<{ readonly before: Pod; readonly after: Pod }>;
  readonly projections: (pod: Pod) => Projections;
  readonly stop: () => Promise<void>;
}

/** With a real apiserver where its binaries are, else with a stand-in that says so. */
export async function setAdmission(objects: readonly KubeObject[], step: (what: string) => void): Promise<Admission> {
  const binaries = locateBinaries();
  if ('reason' in binaries) {
    console.log(`There is no kube-apiserver here: ${binaries.reason}`);
    console.log('So the AdmissionReview is posted to the webhook over TLS, as the apiserver would.\n');
    return setStandIn(objects, step);
  }
  const { cluster, aws, stop } = await setStage({ binaries, objects, step });
  return {
    aws,
    stop,
    admit: async (pod) => {
      await untilCalled(cluster, pod);
      return { before: await withoutUs(cluster, pod), after: await createPod(cluster, pod) };
    },
    projections: (pod) => projections(cluster.kubeConfig, pod),
  };
}

/** The same pod with the apiserver's own defaults alone: asked to be left alone, that wish taken out again. */
async function withoutUs(cluster: Cluster, pod: KubeObject): Promise<Pod> {
  const key = ANNOTATIONS.inject.key;
  const annotations = (pod.metadata.annotations ?? {}) as Record<string, string>;
  const asked = { ...pod, metadata: { ...pod.metadata, annotations: { ...annotations, [key]: 'false' } } };
  const { metadata, ...rest } = await createPod(cluster, asked, true);
  const { [key]: _wish, ...others } = metadata?.annotations ?? {};
  return { ...rest, metadata: { ...metadata, annotations: others } };
}
