/** Ways to fail that a cluster shows: each on a real apiserver, with the webhook from its bundle behind it. */
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { makeClusterStage, type ClusterStage } from './happen/cluster-stage.ts';
import { IDENTITY } from './happen/identity.ts';
import { INSTALLATION } from './happen/installation.ts';
import { REFUSED } from './happen/refused.ts';
import { testWays } from './run.ts';

describeWithBinaries('ways to fail', ({ kubectl = 'kubectl' }) => {
  describeWithCluster('that a cluster shows', (cluster) => {
    let stage: ClusterStage;
    beforeAll(async () => {
      stage = await makeClusterStage(cluster(), kubectl);
    });
    afterAll(() => stage.installed.stop());
    testWays({ ...REFUSED, ...IDENTITY, ...INSTALLATION }, () => stage);
  });
});
