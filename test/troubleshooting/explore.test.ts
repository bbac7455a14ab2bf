import { appendFileSync, writeFileSync } from 'node:fs';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { makeClusterStage, type ClusterStage } from './happen/cluster-stage.ts';
import { IDENTITY } from './happen/identity.ts';
import { INSTALLATION } from './happen/installation.ts';
import { REFUSED } from './happen/refused.ts';

describeWithBinaries('ways to fail', ({ kubectl = 'kubectl' }) => {
  describeWithCluster('that a cluster shows', (cluster) => {
    let stage: ClusterStage;
    beforeAll(async () => {
      stage = await makeClusterStage(cluster(), kubectl);
      writeFileSync('/tmp/ways/out.txt', '');
    });
    afterAll(() => stage.installed.stop());
    const all = { ...REFUSED, ...IDENTITY, ...INSTALLATION };
    test.each(Object.keys(all))('%s', async (id) => {
      const seen = await all[id]!(stage);
      for (const [viewer, text] of Object.entries(seen))
        appendFileSync('/tmp/ways/out.txt', `\n===== ${id}: ${viewer}\n${text}\n`);
    });
  });
});
