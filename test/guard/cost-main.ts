/** `node test/guard/cost-main.ts [NUMBER…]`: what the guards cost, by the number of accounts in the namespace. */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../cluster/apiserver.ts';
import { findBinaries } from '../cluster/binaries.ts';
import { kubernetesVersion, chosenRelease } from '../cluster/releases.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { kustomize } from '../fixture/kustomize.ts';
import { openApi } from './api.ts';
import { costTable, measureCost } from './cost.ts';

const ROUNDS = 100;
const sizes = process.argv.slice(2).map(Number);

const binaries = await findBinaries({ build: true });
if ('reason' in binaries) throw new Error(binaries.reason);
const cluster = await startCluster({ binaries });
try {
  const all = kustomize(binaries.kubectl, join(ROOT, 'manifests/overlays/default-role'));
  const guards = all.filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy'));
  await applyAll(cluster.kubeConfig, guards);
  const api = await openApi(cluster.kubeConfig);
  const costs = await measureCost(api, sizes.length > 0 ? sizes : [3, 1000], ROUNDS);
  const load = loadavg().map((one) => one.toFixed(1));
  const version = kubernetesVersion(chosenRelease());
  console.log(`Kubernetes ${version}, medians of ${ROUNDS} pods each, load ${load.join(' ')}\n\n${costTable(costs)}`);
  api.close();
} finally {
  await cluster.stop();
}
