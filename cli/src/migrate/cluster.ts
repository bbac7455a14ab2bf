/** What `migrate` reads of a cluster. Never a Secret. */
import { CodedError, isMap } from '@rolechain/shared';
import type { Cluster } from '../cluster/client.ts';
import { areProfiles, parseProfiles } from './aws-config.ts';
import { textsAt } from '../objects/fields.ts';
import { WORKLOAD_KINDS, type APIKind } from '../objects/workload-kinds.ts';
import { kindOf } from './objects.ts';
import type { KubeObject } from './types.ts';

interface Kind extends APIKind {
  readonly isNamespaced: boolean;
  /** Of another project, which may not be there: then a user without a right on it is no obstacle. */
  readonly isForeign?: true;
}

const of = (apiVersion: string, resource: string, kind: string): Kind => ({
  ...{ apiVersion, resource, kind },
  isNamespaced: true,
});
const foreign = (apiVersion: string, resource: string, kind: string, isNamespaced = true): Kind => ({
  ...of(apiVersion, resource, kind),
  isNamespaced,
  isForeign: true,
});

const KINDS: readonly Kind[] = [
  { ...of('v1', 'namespaces', 'Namespace'), isNamespaced: false },
  of('v1', 'serviceaccounts', 'ServiceAccount'),
  of('v1', 'configmaps', 'ConfigMap'),
  of('v1', 'pods', 'Pod'),
  ...WORKLOAD_KINDS.map((one) => ({ ...one, isNamespaced: true })),
  foreign('keda.sh/v1alpha1', 'triggerauthentications', 'TriggerAuthentication'),
  foreign('keda.sh/v1alpha1', 'clustertriggerauthentications', 'ClusterTriggerAuthentication', false),
  foreign('external-secrets.io/v1', 'secretstores', 'SecretStore'),
  foreign('external-secrets.io/v1', 'clustersecretstores', 'ClusterSecretStore', false),
];

/** `namespace` undefined: all. Throws ClusterForbidden for Kubernetes' own kinds; of others a note says so. */
export async function readCluster(
  cluster: Cluster,
  namespace: string | undefined,
): Promise<{ objects: KubeObject[]; notes: string[] }> {
  const objects: KubeObject[] = [];
  const notes: string[] = [];
  for (const kind of KINDS) {
    try {
      objects.push(...(await read(cluster, kind, namespace)));
    } catch (error) {
      if (!kind.isForeign || !(error instanceof CodedError) || error.code !== 'ClusterForbidden') throw error;
      notes.push(`${kind.kind}: not read. ${error.message} ${error.fix}`);
    }
  }
  return { objects, notes };
}

async function read(cluster: Cluster, kind: Kind, namespace: string | undefined): Promise<KubeObject[]> {
  const { apiVersion, resource, isNamespaced } = kind;
  const api = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const whole = (item: unknown): KubeObject[] => (isMap(item) ? keep({ ...item, apiVersion, kind: kind.kind }) : []);
  if (kind.kind === 'Namespace' && namespace !== undefined) {
    return whole(await cluster.find(`${api}/namespaces/${encodeURIComponent(namespace)}`));
  }
  const within = isNamespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return (await cluster.list(`${api}${within}/${resource}`, whole)).flat();
}

/** Of ConfigMaps, which may be large, those with profiles alone. */
function keep(object: KubeObject): KubeObject[] {
  if (kindOf(object) !== 'ConfigMap') return [object];
  return Object.values(textsAt(object, 'data')).some((text) => areProfiles(parseProfiles(text))) ? [object] : [];
}
