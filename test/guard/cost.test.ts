import { join } from 'node:path';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { kustomize } from '../fixture/kustomize.ts';
import { openApi } from './api.ts';
import { costTable, measureCost } from './cost.ts';

describeWithBinaries('the measurement', ({ kubectl }) => {
  describeWithCluster("of the guards' cost", (cluster) => {
    test('compares namespaces that the guards look at with one that they leave out', async () => {
      const all = kustomize(kubectl, join(ROOT, 'manifests/overlays/default-role'));
      await applyAll(
        cluster().kubeConfig,
        all.filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy')),
      );
      const api = await openApi(cluster().kubeConfig);
      const costs = await measureCost(api, [3, 20], 3);
      api.close();
      const guards = costs.filter(({ accounts }) => accounts === 3).map((cost) => cost.guards);
      expect(costs.map((cost) => [cost.accounts, cost.guards])).toEqual(
        [3, 20].flatMap((accounts) => guards.map((of) => [accounts, of])),
      );
      expect(guards.slice(0, 3)).toEqual(['none', 'the first alone', 'both, no default']);
      for (const { ms } of costs) expect(ms).toBeGreaterThan(0);
      expect(costTable(costs).split('\n')).toHaveLength(2 + costs.length);
    });
  });
});
