import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { NAMESPACE, podOf, type ClusterStage } from './cluster-stage.ts';

export interface Rollout {
  readonly name: string;
  readonly account: string;
  /** Of the Deployment itself, which no pod has. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of the template. */
  readonly ofPods?: Readonly<Record<string, string>>;
}

/** A Deployment that kubectl applies, and the ReplicaSet and the pod that its controllers would make: none run here. */
export async function rolledOut(
  { kubectl, apply }: ClusterStage,
  { name, account, annotations = {}, ofPods = {} }: Rollout,
): Promise<KubeObject> {
  const labels = { app: name };
  const template = {
    metadata: { labels, annotations: ofPods },
    spec: { serviceAccountName: account, containers: [{ name: 'app', image: 'app:1' }] },
  };
  const spec = { selector: { matchLabels: labels }, template };
  const ownedBy = async (kind: string, of: string): Promise<object> => {
    const uid = await kubectl(['get', kind, of, `--namespace=${NAMESPACE}`, '--output=jsonpath={.metadata.uid}']);
    return { ownerReferences: [{ apiVersion: 'apps/v1', kind, name: of, uid, controller: true }] };
  };
  const made = { apiVersion: 'apps/v1', spec };
  await apply({ ...made, kind: 'Deployment', metadata: { name, namespace: NAMESPACE, annotations } });
  const set = `${name}-5d4f8c7b9`;
  const ofDeployment = await ownedBy('Deployment', name);
  // The controller copies the Deployment's annotations (pkg/controller/deployment/util, SetNewReplicaSetAnnotations).
  await apply({
    ...made,
    kind: 'ReplicaSet',
    metadata: { name: set, namespace: NAMESPACE, annotations, ...ofDeployment },
  });
  const pod = podOf(`${set}-x2k9p`, template.spec);
  const ofSet = await ownedBy('ReplicaSet', set);
  const owned = { ...pod, metadata: { ...pod.metadata, ...template.metadata, ...ofSet } };
  await apply(owned);
  return owned;
}
