/**
 * What was observed (observed.json) against the SDKs that the tests install anyway: their sources name no variable that nobody
 * has tried, and asked again they do the same. The table of variables against it: table.test.ts.
 */
import { SDK_VARIABLES } from '@rolechain/shared';
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';
import { readObserved, type Observed } from './observed.ts';
import { namesInText } from './names.ts';
import { sdksOnCI, type Sdk } from './programs.ts';
import { askAll, groupsOf, makeWorld, roleEnv, ask, type World } from './world.ts';

const OBSERVED = readObserved();
const inTable = (name: string): boolean => Object.hasOwn(SDK_VARIABLES, name);

function observed(name: string): Observed {
  const found = OBSERVED.find((one) => one.name === name);
  if (!found) throw new Error(`${name} has not been observed`);
  return found;
}

test('names are found in every form in which sources write them', () => {
  const text = `"AWS_ONE" 'AMAZON_TWO' process.env.AWS_THREE os.environ["BOTO_CONFIG"] new EnvironmentCredentials('X') AWS_NOT`;
  expect(namesInText(text)).toEqual([
    ...['AWS_ONE', 'AMAZON_TWO', 'BOTO_CONFIG', 'AWS_THREE'],
    ...['X_ACCESS_KEY_ID', 'X_SECRET_ACCESS_KEY', 'X_SESSION_TOKEN'],
  ]);
});

/** An SDK that is here, or why it is not. */
function present(sdk: Sdk): Sdk | Absent {
  try {
    sdk.build();
    return sdk;
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

for (const sdk of sdksOnCI()) {
  describeWhen<Sdk>(
    sdk.name,
    present(sdk),
    () => {
      let world: World;
      beforeAll(async () => {
        world = await makeWorld();
      });
      afterAll(() => world.close());

      test('its sources name no variable that has not been tried: if they do, run test/sdks/observe.ts', () => {
        const names = sdk.known();
        expect(names.length).toBeGreaterThan(20);
        expect(names.filter((name) => !observed(sdk.name).known.includes(name))).toEqual([]);
      });

      test('is the role to begin with', async () => {
        expect(await ask(sdk, roleEnv(sdk, world))).toEqual(['role', '']);
      });

      test('makes of the table what was observed', async () => {
        // A RELATIVE_URI that is set leads off this machine.
        const names = observed(sdk.name).known.filter(inTable);
        const groups = groupsOf(names).filter((group) => !group.some((name) => name.endsWith('RELATIVE_URI')));
        const effects = (all: Observed['observations']): string[] =>
          all.map(({ variables, value, effect }) => `${variables.join('+')} ${value}: ${effect}`);
        const before = observed(sdk.name).observations.filter(({ variables }) =>
          groups.some((group) => group.join() === variables.join()),
        );
        expect(before.length).toBeGreaterThan(5);
        expect(effects(await askAll(sdk, groups, world))).toEqual(effects(before));
      });
    },
    sdk,
  );
}
