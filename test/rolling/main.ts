/** `node test/rolling/main.ts [TIMES]`: restarts the Deployment 20 times, or TIMES, at the pace of a cluster. By hand. */
import { loadavg } from 'node:os';
import { startCluster } from '../cluster/apiserver.ts';
import { findBinaries } from '../cluster/binaries.ts';
import { chosenRelease, kubernetesVersion } from '../cluster/releases.ts';
import { makeNetwork } from './network.ts';
import { restartUnderLoad } from './rolling.ts';

const times = Number(process.argv[2] ?? 20);
const binaries = await findBinaries({ build: true });
if ('reason' in binaries) throw new Error(binaries.reason);
const network = makeNetwork();
await network.open();
const cluster = await startCluster({ binaries, apiserverArgs: network.apiserverArgs });
try {
  const { pods, failures, failedOpen, ended } = await restartUnderLoad(cluster, network, times, 'as shipped');
  const load = loadavg().map((one) => one.toFixed(1));
  const failed = ended.filter((how) => how !== 'exit code 0');
  console.log(`Kubernetes ${kubernetesVersion(chosenRelease())}, load ${load.join(' ')}`);
  console.log(`${times} restarts, ${pods} pods, ${failures.length} not injected, ${failedOpen} calls failed open`);
  for (const line of [...new Set(failures), ...failed]) console.log(line);
  process.exitCode = failures.length + failedOpen + failed.length > 0 ? 1 : 0;
} finally {
  await cluster.stop();
  await network.close();
}
