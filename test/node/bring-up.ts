/** A Kubernetes cluster of one node on this machine, from nothing to Ready in some 10 s. Needs root. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../cluster/apiserver.ts';
import type { NodeBinaries } from './binaries.ts';
import { makeCgroup } from './cgroups.ts';
import { loadImage, startContainerd } from './containerd.ts';
import { startControlPlane } from './control-plane.ts';
import type { Image, Images } from './images.ts';
import { startKubelet } from './kubelet.ts';
import { NETWORK, STATE } from './places.ts';
import { run } from './run.ts';
import { isUp, noteBefore, takeDown } from './take-down.ts';

export interface UpOptions {
  readonly binaries: NodeBinaries;
  /** Folder of the network plugins. */
  readonly plugins: string;
  readonly images: Images;
  readonly log: (line: string) => void;
}

/**
 * What is real: admission, RBAC and the Node authorizer, Pod Security, tokens and their projection, EndpointSlices,
 * Deployments, Jobs, CronJobs, native sidecars, probes, seccomp, cgroup limits, logs, exec.
 *
 * What isn't there: kube-proxy (of all ClusterIPs only that of the apiserver works), DNS, volumes of a cloud, network
 * policies, a way out of the machine.
 */
export async function bringUp({ binaries, plugins, images, log }: UpOptions): Promise<Cluster> {
  if (isUp()) {
    log('An earlier run was not taken down: doing that first.');
    await takeDown();
  }
  for (const folder of ['cni', 'kubelet', 'containerd']) mkdirSync(join(STATE, folder), { recursive: true });
  noteBefore(makeCgroup());
  await makeBridge();
  const [cluster] = await Promise.all([
    startControlPlane(binaries, log),
    startContainerd(plugins, images.pause.name).then(async () => {
      for (const { archive } of Object.values(images) as Image[]) await loadImage(archive);
    }),
  ]);
  try {
    await startKubelet(binaries, cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  log('The node is Ready.');
  return cluster;
}

/** With two addresses: the machine's towards pods, and that of the apiserver's Service. */
async function makeBridge(): Promise<void> {
  const { bridge, hardware, host, prefix, api } = NETWORK;
  await run('ip', ['link', 'add', bridge, 'type', 'bridge']);
  // An address of its own, as CNI's bridge plugin sets one where it is the gateway: without it the bridge takes the lowest
  // of its ports', which come and go with the pods, and what other pods send to the old one is lost until they notice.
  await run('ip', ['link', 'set', bridge, 'address', hardware]);
  await run('ip', ['address', 'add', `${host}/${prefix}`, 'dev', bridge]);
  await run('ip', ['address', 'add', `${api}/32`, 'dev', bridge]);
  await run('ip', ['link', 'set', bridge, 'up']);
}
