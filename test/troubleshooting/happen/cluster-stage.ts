/** What all ways of a cluster share: a real apiserver, rolechain installed on it, kubectl and the command line as a person has them. */
import { execFile } from 'node:child_process';
import { ANNOTATIONS } from '@rolechain/shared';
import { stringify } from 'yaml';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { runCommand } from '../../cli/call.ts';
import { settingsFile } from '../../cli/settings.ts';
import type { Cluster } from '../../cluster/apiserver.ts';
import { startWebhook } from '../../fixture/install.ts';
import { install, type Installed } from '../../guard/installed.ts';

export const ROLE = 'arn:aws:iam::222222222222:role/orders';
export const TWO_ROLES = `{roleARN: "${ROLE}", roles: {audit: {roleARN: "arn:aws:iam::333333333333:role/audit"}}}`;
export const NAMESPACE = 'shop';

/** What stands in the manifests, and no node can pull. */
export const SHIPPED_IMAGE = 'registry.example/rolechain/sidecar:0.1.0';
/** What an admin has made of it. */
const IMAGE = `registry.internal/rolechain/sidecar:0.1.0@sha256:${'a'.repeat(64)}`;

export interface ClusterStage {
  readonly cluster: Cluster;
  readonly installed: Installed;
  /** What kubectl prints of both kinds. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<string>;
  /** `kubectl apply -f -`, as the API's defaults leave it. */
  readonly apply: (...objects: readonly KubeObject[]) => Promise<string>;
  /** The same, of what it would come to: nothing is there afterwards. */
  readonly tryApply: (object: KubeObject) => Promise<string>;
  /** What the command line prints, of both kinds. */
  readonly rolechain: (...args: readonly string[]) => Promise<string>;
  /** `rolechain explain pod NAME` of a pod that is there. */
  readonly explain: (pod: KubeObject) => Promise<string>;
  /** While the webhook has other settings, in its ConfigMap too. */
  readonly withSettings: <T>(settings: Readonly<Record<string, unknown>>, act: () => Promise<T>) => Promise<T>;
  /** A file that goes with the test file's end. */
  readonly file: (...objects: readonly KubeObject[]) => Promise<string>;
}

export async function makeClusterStage(cluster: Cluster, binary: string): Promise<ClusterStage> {
  const installed = await install(cluster);
  await asIfOnNodes(installed);
  const kubectl: ClusterStage['kubectl'] = (args, input = '') =>
    new Promise((resolve) => {
      const all = [`--kubeconfig=${cluster.kubeconfigPath}`, ...args];
      const child = execFile(binary, all, (_error, stdout, stderr) => resolve(stdout + stderr));
      child.stdin?.end(input);
    });
  const apply: ClusterStage['apply'] = (...objects) => kubectl(['apply', '-f', '-'], manifest(...objects));
  await apply(settingsMap({}), accountOf('two', TWO_ROLES), accountOf('default'));
  const rolechain: ClusterStage['rolechain'] = async (...args) => {
    const { out, err } = await runCommand([...args, '--kubeconfig', cluster.kubeconfigPath], { now: () => new Date() });
    return out + err;
  };
  return {
    cluster,
    installed,
    kubectl,
    apply,
    tryApply: (object) => kubectl(['apply', '--dry-run=server', '-f', '-'], manifest(object)),
    rolechain,
    explain: ({ metadata: { name = '', namespace = '' } }) => rolechain('explain', 'pod', name, '-n', namespace),
    withSettings: async (settings, act) => {
      await installed.stopWebhook();
      await apply(settingsMap(settings));
      const kubeconfig = await cluster.kubeconfigFor({ namespace: 'rolechain', serviceAccount: 'rolechain-webhook' });
      const webhook = await startWebhook({ port: installed.port, kubeconfig, settings });
      try {
        await installed.untilAnswered();
        return await act();
      } finally {
        await webhook.stop();
        await apply(settingsMap({}));
        await installed.startWebhook();
      }
    },
    file: (...objects) => settingsFile(manifest(...objects)),
  };
}

export const manifest = (...objects: readonly KubeObject[]): string =>
  objects.map((object) => stringify(object)).join('---\n');

/** What controllers and kubelets would write of an installation that is well. */
async function asIfOnNodes({ api }: Installed): Promise<void> {
  const of = '/apis/apps/v1/namespaces/rolechain/deployments/rolechain-webhook';
  await api.patch(`${of}/status`, { status: { replicas: 2, readyReplicas: 2, availableReplicas: 2 } });
  await api.post('/apis/discovery.k8s.io/v1/namespaces/rolechain/endpointslices', {
    metadata: { name: 'webhook', labels: { 'kubernetes.io/service-name': 'rolechain-webhook' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
  });
}

/** The ConfigMap of settings, those of the fixture beside these. */
export const settingsMap = (settings: Readonly<Record<string, unknown>>): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'rolechain-webhook', namespace: 'rolechain' } },
  data: { 'settings.yaml': stringify({ sidecarImage: IMAGE, region: 'eu-central-1', ...settings }) },
});

export const namespaceOf = (name: string, annotations: Readonly<Record<string, string>> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, annotations },
});

export const accountOf = (
  name: string,
  annotation?: string,
  more: Readonly<Record<string, string>> = {},
  namespace = NAMESPACE,
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: {
    name,
    namespace,
    annotations: { ...(annotation === undefined ? {} : { [ANNOTATIONS.assumeRole.key]: annotation }), ...more },
  },
});

export const podOf = (
  name: string,
  spec: object = {},
  annotations: Readonly<Record<string, string>> = {},
  namespace = NAMESPACE,
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, annotations },
  spec: { serviceAccountName: 'orders', containers: [{ name: 'app', image: 'app:1' }], ...spec },
});
