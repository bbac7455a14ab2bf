/** Starts a cluster, prints its kubeconfig's path and waits to be killed. */
import { startCluster } from '../apiserver.ts';
import { locateBinaries } from '../binaries.ts';

const binaries = locateBinaries();
if ('reason' in binaries) throw new Error(binaries.reason);
const cluster = await startCluster({ binaries });
process.stdout.write(`${cluster.kubeconfigPath}\n`);
