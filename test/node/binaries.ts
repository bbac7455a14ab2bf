/**
 * Where the programs of a whole cluster are: those of test/cluster, and kubelet, kube-controller-manager and
 * kube-scheduler beside them, of the same Kubernetes version.
 */
import { basename, dirname, join } from 'node:path';
import { build } from '../cluster/build.ts';
import { cacheFolder, findBinaries, kubernetesVersion } from '../cluster/binaries.ts';
import { sourceDigest } from '../cluster/releases.ts';

export interface NodeBinaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
  readonly kubelet: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  /** What holds a pod's namespaces. */
  readonly pause: string;
}

/** Apart from the module of test/cluster: most tests need only that, and kubelet's dependencies take minutes to compile. */
const goModule = join(import.meta.dirname, 'go');
const programs = ['kubelet', 'kube-controller-manager', 'kube-scheduler', 'pause'] as const;

/**
 * Builds what is not there yet, once for this user: 5 to 11 minutes on 2 cores from nothing, about 1 where Go
 * compiled it before. Returns one sentence where that is impossible; throws where the compiler fails.
 */
export async function nodeBinaries(log: (line: string) => void): Promise<NodeBinaries | { readonly reason: string }> {
  const control = await findBinaries({ build: true, log });
  if ('reason' in control) return control;
  if (!control.kubectl) return { reason: 'KUBEBUILDER_ASSETS has no kubectl: add it or unset the variable.' };
  const target = nodeFolder();
  const options = { source: goModule, target, programs, version: kubernetesVersion(), env: process.env, log };
  const impossible = await build(options);
  if (impossible) return { reason: impossible };
  return {
    etcd: control.etcd,
    kubeApiserver: control.kubeApiserver,
    kubectl: control.kubectl,
    kubelet: join(target, 'kubelet'),
    controllerManager: join(target, 'kube-controller-manager'),
    scheduler: join(target, 'kube-scheduler'),
    pause: join(target, 'pause'),
  };
}

/** Beside the folder of test/cluster: other sources never meet old binaries. */
function nodeFolder(): string {
  const digest = sourceDigest(goModule, ['go.mod', 'go.sum', ...programs.map((p) => `cmd/${p}/main.go`)]);
  const control = cacheFolder(process.env);
  return join(dirname(control), `node-${basename(control).split('-')[0]}-${digest}`);
}
