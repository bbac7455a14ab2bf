/** What SDKs print in place of credentials: those that the tests install anyway print what the page says. */
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';
import { OLD_BOTOCORE } from '../clients/python.ts';
import { bundlePrograms, type Programs } from '../sidecar/harness.ts';
import { sdks, sdksOnCI, type Sdk } from '../sdks/programs.ts';
import { makeWorld, type World } from './happen/pod-world.ts';
import { ANSWERS, meetAll, readTexts, steady, textsOf } from './sdk-answers.ts';

const HERE = [...sdksOnCI(), ...sdks().filter(({ name }) => name === OLD_BOTOCORE.name)];

test('each text is of an answer, and none has what differs', () => {
  const texts = readTexts();
  expect(texts.map(({ name }) => name)).toEqual(expect.arrayContaining(HERE.map(({ name }) => name)));
  for (const one of texts) {
    expect(Object.keys(one.texts)).toEqual(Object.keys(ANSWERS));
    for (const text of Object.values(one.texts)) expect(steady(text)).toBe(text);
  }
});

function isThere(): readonly Sdk[] | Absent {
  try {
    for (const sdk of HERE) sdk.build();
    return HERE;
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

describeWhen<readonly Sdk[]>(
  'what SDKs print',
  isThere(),
  (here) => {
    let programs: Programs;
    let world: World;
    beforeAll(async () => {
      programs = await bundlePrograms();
      world = await makeWorld(programs);
    });
    afterAll(async () => {
      await world.close();
      programs.remove();
    });

    test('as it stands in sdk-texts.json: if not, run test/troubleshooting/observe-sdks.ts', async () => {
      const met = await meetAll(world);
      const printed = await Promise.all(
        here.map(async (sdk) => ({ name: sdk.name, version: sdk.version, texts: await textsOf(sdk, met) })),
      );
      for (const one of printed) expect(one).toEqual(readTexts().find(({ name }) => name === one.name));
    });
  },
  [],
);
