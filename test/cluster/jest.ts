/** For tests that need a real kube-apiserver. */
import { startCluster, type Cluster, type ClusterOptions } from './apiserver.ts';
import { locateBinaries, type Binaries } from './binaries.ts';

/**
 * A `describe` with a cluster of its own, started before its tests and stopped after them.
 *
 * Where the binaries are absent it is skipped, and says so; under `CI=true` it fails instead.
 * `node test/cluster/prepare.ts` makes them be there.
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
    }, 150_000);
    afterAll(() => cluster?.stop());
    tests(() => {
      if (!cluster) throw new Error('the cluster is there once beforeAll has run: ask for it inside of a test');
      return cluster;
    });
  });
}

/** The same for tests that start clusters themselves, or none. */
export function describeWithBinaries(name: string, tests: (binaries: Binaries) => void): void {
  const found = locateBinaries();
  if (!('reason' in found)) {
    describe(name, () => tests(found));
  } else if (process.env.CI === 'true') {
    test(`${name}: needs the Kubernetes binaries`, () => {
      throw new Error(found.reason);
    });
  } else {
    console.warn(`SKIPPED: ${name}. ${found.reason}`);
    // Its tests are declared all the same, so that the summary counts them.
    describe.skip(`${name} (SKIPPED: ${found.reason})`, () => tests({ etcd: '', kubeApiserver: '' }));
  }
}
