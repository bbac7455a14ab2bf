/** For tests that need what may be absent here: a real kube-apiserver, a program of another language, a kernel's right. */
import { startCluster, type Cluster, type ClusterOptions } from './apiserver.ts';
import { locateBinaries, type Binaries } from './binaries.ts';

/** Why something can't be had here, and what would make it be there. */
export interface Absent {
  readonly reason: string;
}

/**
 * A `describe` whose tests need `found`. Where it is absent they are skipped, and it says so aloud; under `CI=true`
 * they fail instead. `standIn` is what the skipped tests are declared with.
 */
export function describeWhen<Found>(
  name: string,
  found: Found | Absent,
  tests: (found: Found) => void,
  standIn: NoInfer<Found>,
): void {
  if (!isAbsent(found)) {
    describe(name, () => tests(found));
  } else if (process.env.CI === 'true') {
    test(`${name}: is needed`, () => {
      throw new Error(found.reason);
    });
  } else {
    console.warn(`SKIPPED: ${name}. ${found.reason}`);
    // Not on CI: on a machine without what they need no outcome of theirs would say anything. Its tests are declared
    // all the same, so that the summary counts them.
    describe.skip(`${name} (SKIPPED: ${found.reason})`, () => tests(standIn));
  }
}

function isAbsent(found: unknown): found is Absent {
  return typeof found === 'object' && found !== null && 'reason' in found;
}

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
