/** Ways to fail of a pod that is there: its sidecar from its bundle, and programs of SDKs beside it. */
import { locateGoClient } from '../clients/go.ts';
import { BOTOCORE, locatePython, OLD_BOTOCORE } from '../clients/python.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { makePodStage, RUNNING, type PodStage } from './happen/running.ts';
import { testWays } from './run.ts';

const absent = [locatePython(BOTOCORE), locatePython(OLD_BOTOCORE), locateGoClient()].find(
  (found) => typeof found !== 'string',
);

describeWhen(
  'ways to fail of a pod',
  absent ?? 'there',
  () => {
    let stage: PodStage;
    beforeAll(async () => {
      stage = await makePodStage();
    });
    afterAll(() => stage.end());
    testWays(RUNNING, () => stage);
  },
  'there',
);
