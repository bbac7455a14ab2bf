/** Ways to fail of a pod that is there: its sidecar from its bundle, and programs of SDKs beside it. */
import { BOTOCORE, locatePython, OLD_BOTOCORE } from '../clients/python.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { makePodStage, RUNNING, type PodStage } from './happen/running.ts';
import { testWays } from './run.ts';

const absent = [BOTOCORE, OLD_BOTOCORE].map((venv) => locatePython(venv)).find((found) => typeof found !== 'string');

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
