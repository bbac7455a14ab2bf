/** An upgrade that nobody notices: two replicas are replaced one after the other while pods are created. */
import { describeWithCluster } from '../cluster/jest.ts';
import { makeNetwork } from './network.ts';
import { restartUnderLoad } from './rolling.ts';

const RESTARTS = 3;
const REPLICAS = 2;
const network = makeNetwork();
beforeAll(network.open);
afterAll(network.close);

describeWithCluster(
  'behind the Service of a real apiserver',
  (cluster) => {
    test(`through ${RESTARTS} restarts of the Deployment every pod is injected`, async () => {
      const { pods, failures, failedOpen, ended } = await restartUnderLoad(cluster(), network, RESTARTS, 'in turn');
      expect(failures).toEqual([]);
      expect(failedOpen).toBe(0);
      expect(ended).toEqual(Array(RESTARTS * REPLICAS).fill('exit code 0'));
      expect(pods).toBeGreaterThan(0);
    });
  },
  { apiserverArgs: network.apiserverArgs },
);
