import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll, installManifests } from '../fixture/install.ts';
import { openApi } from './api.ts';
import { costTable, measureCost } from './cost.ts';

describeWithCluster("the measurement of the guard's cost", (cluster) => {
  test('compares namespaces that the guard looks at with others that it leaves out', async () => {
    const guard = (await installManifests()).filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy'));
    await applyAll(cluster().kubeConfig, guard);
    const api = await openApi(cluster().kubeConfig);
    const costs = await measureCost(api, [2, 20], 3);
    api.close();
    expect(costs.map(({ accounts }) => accounts)).toEqual([2, 20]);
    for (const { withMs, withoutMs } of costs) expect(Math.min(withMs, withoutMs)).toBeGreaterThan(0);
    expect(costTable(costs).split('\n')).toHaveLength(4);
  });
});
