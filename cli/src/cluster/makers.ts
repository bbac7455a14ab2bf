/** The object that a person wrote and that a pod comes of: its Deployment, not the ReplicaSet in between. */
import type { Json } from '../documents/manifests.ts';
import { mapsOf, mapOf, textAt } from '../objects/fields.ts';
import type { Cluster } from './client.ts';
import { unlessForbidden } from './refused.ts';

export interface Maker {
  readonly kind: string;
  readonly name: string;
  readonly value: Json;
}

/** Plurals of Kubernetes' own kinds that make pods; what others are called is not in their owner's reference. */
const RESOURCES: Readonly<Record<string, string>> = {
  'apps/v1 ReplicaSet': 'replicasets',
  'apps/v1 Deployment': 'deployments',
  'apps/v1 StatefulSet': 'statefulsets',
  'apps/v1 DaemonSet': 'daemonsets',
  'batch/v1 Job': 'jobs',
  'batch/v1 CronJob': 'cronjobs',
};

/** Undefined: nobody made it, or it may not be read. */
export async function makerOf(cluster: Cluster, namespace: string, pod: Json): Promise<Maker | undefined> {
  let maker: Maker | undefined;
  // A CronJob's Job's pod has the longest way.
  for (let level = 0; level < 2; level++) {
    const next = await makerAbove(cluster, namespace, maker?.value ?? pod);
    if (!next) break;
    maker = next;
  }
  return maker;
}

async function makerAbove(cluster: Cluster, namespace: string, object: Json): Promise<Maker | undefined> {
  const owner = mapsOf(mapOf(object.metadata).ownerReferences).find(({ controller }) => controller === true);
  const [version, kind, name] = [textAt(owner, 'apiVersion'), textAt(owner, 'kind'), textAt(owner, 'name')];
  const resource = RESOURCES[`${version ?? ''} ${kind ?? ''}`];
  if (version === undefined || kind === undefined || name === undefined || resource === undefined) return undefined;
  const path = `/apis/${version}/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`;
  const value = await unlessForbidden(
    () => cluster.find<Json>(path),
    () => undefined,
  );
  return value && { kind, name, value };
}
