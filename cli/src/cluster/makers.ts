/** The object that a person wrote and that a pod comes of: its Deployment, not the ReplicaSet in between. */
import type { Json } from '../documents/manifests.ts';
import { mapsOf, mapOf, textAt } from '../objects/fields.ts';
import { WORKLOAD_KINDS, type APIKind } from '../objects/workload-kinds.ts';
import type { Cluster } from './client.ts';
import { unlessForbidden } from './refused.ts';

export interface Maker {
  readonly kind: string;
  readonly name: string;
  readonly value: Json;
}

/** What others make pods of is not in their owner's reference: no plural is known of it. */
const MAKER_KINDS: readonly APIKind[] = [
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', resource: 'replicasets' },
  ...WORKLOAD_KINDS,
];

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
  const found = MAKER_KINDS.find((one) => one.apiVersion === version && one.kind === kind);
  if (found === undefined || name === undefined) return undefined;
  const path = `/apis/${found.apiVersion}/namespaces/${encodeURIComponent(namespace)}/${found.resource}/${encodeURIComponent(name)}`;
  const value = await unlessForbidden(
    () => cluster.find<Json>(path),
    () => undefined,
  );
  return value && { kind: found.kind, name, value };
}
