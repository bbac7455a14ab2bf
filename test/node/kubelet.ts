/** kubelet, as the only node of the cluster. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import type { Cluster } from '../cluster/apiserver.ts';
import type { NodeBinaries } from './binaries.ts';
import { KUBELET_CLIENT, NODE_USER } from './control-plane.ts';
import { CGROUP, NETWORK, NODE_NAME, SOCKET, STATE } from './places.ts';
import { start } from './started.ts';

/** Starts it and waits until its Node is Ready. */
export async function startKubelet(binaries: NodeBinaries, cluster: Cluster): Promise<void> {
  const config = join(STATE, 'kubelet.json');
  // Pods see no name server.
  writeFileSync(join(STATE, 'resolv.conf'), '');
  writeFileSync(config, JSON.stringify(settings()));
  const kubelet = start('kubelet', binaries.kubelet, [
    `--config=${config}`,
    `--kubeconfig=${await cluster.kubeconfigOf(NODE_USER)}`,
    `--root-dir=${STATE}/kubelet`,
    `--cert-dir=${STATE}/kubelet/pki`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${NETWORK.host}`,
  ]);
  const api = cluster.kubeConfig.makeApiClient(CoreV1Api);
  await kubelet.ready(async () => {
    const { status } = await api.readNode({ name: NODE_NAME });
    return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
  });
}

/** KubeletConfiguration: what a machine that does other work too asks for; limits and probes are the defaults. */
function settings(): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: NETWORK.host,
    healthzPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: KUBELET_CLIENT.certificate },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${SOCKET}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${CGROUP}`,
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    oomScoreAdj: 0,
    maxOpenFiles: 20_000,
    resolvConf: join(STATE, 'resolv.conf'),
    podLogsDir: join(STATE, 'kubelet', 'pod-logs'),
    volumePluginDir: join(STATE, 'kubelet', 'volume-plugins'),
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '0%', 'imagefs.available': '0%' },
  };
}
