/** What all ways of a cluster share: a real apiserver, rolechain installed on it, kubectl and the command line as a person has them. */
import { execFile } from 'node:child_process';
import { ANNOTATIONS } from '@rolechain/shared';
import { stringify } from 'yaml';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { runCommand } from '../../cli/call.ts';
import { settingsFile } from '../../cli/settings.ts';
import type { Cluster } from '../../cluster/apiserver.ts';
import { install, type Installed } from '../../guard/installed.ts';

export const ROLE = 'arn:aws:iam::222222222222:role/orders';
export const NAMESPACE = 'shop';

export interface ClusterStage {
  readonly cluster: Cluster;
  readonly installed: Installed;
  /** What kubectl prints of both kinds, in namespace `shop`. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<string>;
  /** `kubectl apply -f -`, as the API's defaults leave it. */
  readonly apply: (...objects: readonly KubeObject[]) => Promise<string>;
  /** What the command line prints, of both kinds. */
  readonly rolechain: (...args: readonly string[]) => Promise<string>;
  /** A file that goes with the test file's end. */
  readonly file: (...objects: readonly KubeObject[]) => Promise<string>;
}

export async function makeClusterStage(cluster: Cluster, binary: string): Promise<ClusterStage> {
  const installed = await install(cluster);
  const kubectl: ClusterStage['kubectl'] = (args, input = '') =>
    new Promise((resolve) => {
      const all = [`--kubeconfig=${cluster.kubeconfigPath}`, `--namespace=${NAMESPACE}`, ...args];
      const child = execFile(binary, all, (_error, stdout, stderr) => resolve(stdout + stderr));
      child.stdin?.end(input);
    });
  return {
    cluster,
    installed,
    kubectl,
    apply: (...objects) => kubectl(['apply', '-f', '-'], manifest(...objects)),
    rolechain: async (...args) => {
      const { out, err } = await runCommand([...args, '--kubeconfig', cluster.kubeconfigPath], {
        now: () => new Date(),
      });
      return out + err;
    },
    file: (...objects) => settingsFile(manifest(...objects)),
  };
}

export const manifest = (...objects: readonly KubeObject[]): string =>
  objects.map((object) => stringify(object)).join('---\n');

export const accountOf = (
  name: string,
  annotation?: string,
  more: Readonly<Record<string, string>> = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: {
    name,
    namespace: NAMESPACE,
    annotations: { ...(annotation === undefined ? {} : { [ANNOTATIONS.assumeRole.key]: annotation }), ...more },
  },
});

export const podOf = (
  name: string,
  spec: Readonly<Record<string, unknown>> = {},
  annotations: Readonly<Record<string, string>> = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: NAMESPACE, annotations },
  spec: { serviceAccountName: 'orders', containers: [{ name: 'app', image: 'app:1' }], ...spec },
});
