/** For tests that need a real kube-apiserver. */
import { describeWhen } from '@rolechain/kit/when.ts';
import { startCluster, type Cluster, type ClusterOptions } from './apiserver.ts';
import { locateBinaries, type Binaries } from './binaries.ts';

/**
 * A `describe` with a cluster of its own, started before its tests and stopped after them.
 *
 * Needs the binaries: `node test/cluster/prepare.ts` makes them be there.
 */
export function describeWithCluster(
  name: string,
  tests: (cluster: () => Cluster) => void,
  options: Pick<ClusterOptions, 'apiserverArgs'> = {},
): void {
  describeWithBinaries(name, (binaries) => {
    let cluster: Cluster | undefined;
    beforeAll(async () => {
      cluster = await startCluster({ ...options, binaries });
    });
    afterAll(() => cluster?.stop());
    tests(() => {
      if (!cluster) throw new Error('the cluster is there once beforeAll has run: ask for it inside of a test');
      return cluster;
    });
  });
}

/** The same for tests that start clusters themselves, or none. */
export function describeWithBinaries(name: string, tests: (binaries: Binaries) => void): void {
  describeWhen(name, locateBinaries(), tests, { etcd: '', kubeApiserver: '' });
}
