/** `node test/guard/cost-main.ts [NUMBER…]`: what the guard costs, by the number of accounts in the namespace. */
import { startCluster } from '../cluster/apiserver.ts';
import { findBinaries } from '../cluster/binaries.ts';
import { kubernetesVersion, chosenRelease } from '../cluster/releases.ts';
import { applyAll, installManifests } from '../fixture/install.ts';
import { openApi } from './api.ts';
import { costTable, measureCost } from './cost.ts';

const ROUNDS = 200;
const sizes = process.argv.slice(2).map(Number);

const binaries = await findBinaries({ build: true });
if ('reason' in binaries) throw new Error(binaries.reason);
const cluster = await startCluster({ binaries });
try {
  const guard = (await installManifests()).filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy'));
  await applyAll(cluster.kubeConfig, guard);
  const api = await openApi(cluster.kubeConfig);
  const costs = await measureCost(api, sizes.length > 0 ? sizes : [2, 1000, 5000], ROUNDS);
  console.log(
    `Kubernetes ${kubernetesVersion(chosenRelease())}, medians of ${ROUNDS} pods each\n\n${costTable(costs)}`,
  );
  api.close();
} finally {
  await cluster.stop();
}
