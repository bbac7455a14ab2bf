/** etcd and kube-apiserver as test/cluster starts them, and the controllers and the scheduler beside them. */
import { join } from 'node:path';
import { CoreV1Api, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { startCluster, type Cluster } from '../cluster/apiserver.ts';
import { servingCertificate } from '../cluster/flags.ts';
import type { NodeBinaries } from './binaries.ts';
import { NETWORK, NODE_NAME, STATE } from './places.ts';
import { run } from './run.ts';
import { start } from './started.ts';

export const NODE_USER = `system:node:${NODE_NAME}`;
/** What kube-apiserver shows to kubelet: for logs, exec and the rest. */
export const KUBELET_CLIENT = {
  certificate: join(STATE, 'kubelet-client.crt'),
  key: join(STATE, 'kubelet-client.key'),
};
const CLIENT_NAME = 'kube-apiserver';
const MANAGER = 'system:kube-controller-manager';
const SCHEDULER = 'system:kube-scheduler';

/** Starts an empty cluster without nodes, on the bridge, which must be there. */
export async function startControlPlane(binaries: NodeBinaries, log: (line: string) => void): Promise<Cluster> {
  await makeClientCertificate();
  const cluster = await startCluster({
    binaries,
    log,
    at: { address: NETWORK.api, port: 443 },
    users: { [NODE_USER]: ['system:nodes'], [MANAGER]: [], [SCHEDULER]: [] },
    apiserverArgs: [
      // Beside RBAC: this flag is a list, and repeating it adds to it.
      '--authorization-mode=Node',
      '--enable-admission-plugins=NodeRestriction',
      `--service-cluster-ip-range=${NETWORK.services}`,
      // Webhooks are called at the addresses of their EndpointSlices: there is no kube-proxy.
      '--enable-aggregator-routing=true',
      `--kubelet-client-certificate=${KUBELET_CLIENT.certificate}`,
      `--kubelet-client-key=${KUBELET_CLIENT.key}`,
      '--kubelet-preferred-address-types=InternalIP',
    ],
  });
  try {
    await allowKubeletClient(cluster);
    await startControllers(binaries, cluster);
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** Signed by itself: kubelet trusts this one certificate. */
async function makeClientCertificate(): Promise<void> {
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${CLIENT_NAME}`, '-addext', 'extendedKeyUsage=clientAuth'],
    ...['-keyout', KUBELET_CLIENT.key, '-out', KUBELET_CLIENT.certificate],
  ]);
}

async function allowKubeletClient({ kubeConfig }: Cluster): Promise<void> {
  const api = kubeConfig.makeApiClient(RbacAuthorizationV1Api);
  const apiGroup = 'rbac.authorization.k8s.io';
  await api.createClusterRoleBinding({
    body: {
      metadata: { name: CLIENT_NAME },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
      subjects: [{ apiGroup, kind: 'User', name: CLIENT_NAME }],
    },
  });
}

async function startControllers(binaries: NodeBinaries, cluster: Cluster): Promise<void> {
  // No port of theirs is asked for anything.
  const common = ['--leader-elect=false', '--secure-port=0'];
  const manager = start('kube-controller-manager', binaries.controllerManager, [
    ...common,
    `--kubeconfig=${await cluster.kubeconfigOf(MANAGER)}`,
    '--use-service-account-credentials',
    `--root-ca-file=${servingCertificate(cluster.folder)}`,
    `--service-account-private-key-file=${join(cluster.folder, 'sa.key')}`,
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ]);
  start('kube-scheduler', binaries.scheduler, [...common, `--kubeconfig=${await cluster.kubeconfigOf(SCHEDULER)}`]);
  const api = cluster.kubeConfig.makeApiClient(CoreV1Api);
  await manager.ready(async () => {
    await api.readNamespacedServiceAccount({ namespace: 'default', name: 'default' });
    return true;
  });
}
