/** The table of variables (shared/src/sdk-variables.ts) against what SDKs made of them (observed.json). */
import { SDK_VARIABLES } from '@rolechain/shared';
import { coversLoopback } from '@rolechain/webhook';
import { NO_PROXY_VALUES, STOPS } from './effects.ts';
import { effectOn, readObserved } from './observed.ts';
import { sdks, type Sdk } from './programs.ts';

const OBSERVED = readObserved();
const TABLE = Object.entries(SDK_VARIABLES);
const inTable = (name: string): boolean => Object.hasOwn(SDK_VARIABLES, name);

/** Rows that no SDK here shows, and why they stand there. */
const UNSHOWN: Readonly<Record<string, string>> = {
  AWS_BEARER_TOKEN_BEDROCK: 'the clients of one service read it, not the chain',
  MINIO_SHARED_CREDENTIALS_FILE: 'a file of another form than was written',
};

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
