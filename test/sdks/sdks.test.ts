/**
 * The table of variables (shared/src/sdk-variables.ts) against what SDKs made of them (observed.json), and both against the
 * SDKs that the tests install anyway: their sources name no variable that nobody has tried, and asked again they do the same.
 */
import { SDK_VARIABLES } from '@rolechain/shared';
import { coversLoopback } from '@rolechain/webhook';
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';
import { NO_PROXY_VALUES, STOPS } from './effects.ts';
import { effectOn, readObserved, type Observed } from './observed.ts';
import { namesInText } from './names.ts';
import { sdks, sdksOnCI, type Sdk } from './programs.ts';
import { askAll, groupsOf, makeWorld, roleEnv, ask, type World } from './world.ts';

const OBSERVED = readObserved();
const TABLE = Object.entries(SDK_VARIABLES);
const inTable = (name: string): boolean => Object.hasOwn(SDK_VARIABLES, name);

/** Rows that no SDK here shows, and why they stand there. */
const UNSHOWN: Readonly<Record<string, string>> = {
  AWS_BEARER_TOKEN_BEDROCK: 'the clients of one service read it, not the chain',
  MINIO_SHARED_CREDENTIALS_FILE: 'a file of another form than was written',
};

function observed(name: string): Observed {
  const found = OBSERVED.find((one) => one.name === name);
  if (!found) throw new Error(`${name} has not been observed`);
  return found;
}

describe('the table', () => {
  test('every SDK of the list has been observed, in the version that is pinned', () => {
    const versions = (all: readonly Pick<Sdk, 'name' | 'version'>[]): string[] =>
      all.filter(({ name }) => name !== 'curl').map(({ name, version }) => `${name} ${version}`);
    expect(versions(OBSERVED)).toEqual(versions(sdks()));
  });

  test.each(OBSERVED.map((one) => [one.name, one] as const))(
    '%s: whatever bypasses the role stands in it; whatever else stops the SDK does so with or without a role',
    (_name, { observations }) => {
      const passedBy = observations.filter(({ effect }) => effect === 'passed by');
      expect(passedBy.filter(({ variables }) => !variables.some(inTable))).toEqual([]);
      const stopped = observations.filter(({ effect }) => effect === 'failed' || effect === 'unsure');
      const known = ({ variables }: (typeof stopped)[number]): boolean =>
        variables.some((variable) => inTable(variable) || STOPS.includes(variable));
      expect(stopped.filter((one) => !known(one))).toEqual([]);
    },
  );

  test('every row has an effect on some SDK', () => {
    const shown = (name: string): boolean => OBSERVED.some((sdk) => effectOn(sdk, name, 'filled') !== undefined);
    expect(TABLE.flatMap(([name]) => (shown(name) ? [] : name)).sort()).toEqual(Object.keys(UNSHOWN).sort());
  });

  test.each(TABLE)('%s, empty: told or taken out exactly where some SDK fails over it', (name, { set, empty }) => {
    const failing = OBSERVED.filter((sdk) => effectOn(sdk, name, 'empty') !== undefined).map((sdk) => sdk.name);
    // Keys are told for another reason: they are there to hide others.
    if (set === 'StaticKeys') expect(empty).toBe('warning');
    else expect({ failing, empty }).toEqual({ failing, empty: failing.length === 0 ? 'nothing' : EMPTY[set] });
  });

  test('an empty pair of keys leaves its role to every SDK but two, of which the warning tells', () => {
    const keys = TABLE.flatMap(([name, { set }]) => (set === 'StaticKeys' ? name : []));
    const failing = OBSERVED.filter((sdk) => keys.some((name) => effectOn(sdk, name, 'empty') !== undefined));
    expect(failing.map(({ name }) => name)).toEqual(['object_store', 'opendal (reqsign)']);
  });
});

/** What is done about an empty variable over which some SDK fails. */
const EMPTY = {
  OwnWebIdentity: 'removed',
  OwnContainerCredentials: 'removed',
  warning: 'warning',
  StaticKeys: 'warning',
} as const;

test('NO_PROXY covers 127.0.0.1 exactly by the values that keep every client from the proxy', () => {
  const clients = OBSERVED.flatMap(({ observations }) =>
    observations.flatMap(({ keptBy }) => (keptBy ? [keptBy] : [])),
  );
  expect(clients.length).toBeGreaterThan(0);
  const keepsAll = (value: string): boolean =>
    clients.every((keptBy) => Object.values(keptBy).every((values) => values.includes(value)));
  expect(NO_PROXY_VALUES.filter(coversLoopback)).toEqual(NO_PROXY_VALUES.filter(keepsAll));
});

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
