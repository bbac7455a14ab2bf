/**
 * By hand: `node test/sdks/observe.ts` asks every SDK with every variable that its sources know, filled and empty, in
 * an environment in which it would otherwise be the role, and writes `observed.json`. It takes a quarter of an hour,
 * Go, Python, Java with Maven, Rust and curl. `--only NAME` asks one SDK and leaves what is written of the others.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ENV, NO_PROXIES } from '@rolechain/shared';
import { NO_PROXY_VALUES, PROXIES } from './effects.ts';
import { OBSERVED_FILE, readObserved, type Observation, type Observed } from './observed.ts';
import { sdks, type Sdk } from './programs.ts';
import { ask, askAll, groupsOf, makeWorld, roleEnv, type World } from './world.ts';

async function observe(sdk: Sdk, world: World): Promise<Observed> {
  const { name, version } = sdk;
  const [plain, words] = await ask(sdk, roleEnv(sdk, world));
  if (plain !== 'role') throw new Error(`${name} is not the role to begin with: ${plain} ${words}`);
  const known = sdk.known();
  const observations = [...(await askAll(sdk, groupsOf(known), world)), ...(await throughProxies(sdk, world))];
  return { name, version, known, observations };
}

/** Which variables send the request to a proxy, and which values of NO_PROXY keep it from there. */
async function throughProxies(sdk: Sdk, world: World): Promise<Observation[]> {
  const observations: Observation[] = [];
  const { proxy, proxied } = world;
  const isProxied = async (set: Readonly<Record<string, string>>): Promise<boolean> => {
    const before = proxied();
    // Node heeds proxies only where it is told to.
    await ask(sdk, { ...roleEnv(sdk, world), [ENV.useEnvProxy]: '1', ...set });
    return proxied() > before;
  };
  for (const name of PROXIES) {
    if (!(await isProxied({ [name]: proxy }))) continue;
    const keptBy: Record<string, string[]> = {};
    for (const no of NO_PROXIES) {
      const kept = (keptBy[no] = [] as string[]);
      for (const noProxy of NO_PROXY_VALUES)
        if (!(await isProxied({ [name]: proxy, [no]: noProxy }))) kept.push(noProxy);
    }
    observations.push({ variables: [name], value: 'filled', effect: 'proxied', keptBy });
  }
  return observations;
}

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
const world = await makeWorld();
try {
  for (const sdk of sdks().filter(({ name }) => values.only === undefined || values.only.includes(name))) {
    sdk.build();
    console.error(`${sdk.name} ${sdk.version}`);
    const observed = await observe(sdk, world);
    const before = existsSync(OBSERVED_FILE) ? readObserved() : [];
    const order = sdks().map(({ name }) => name);
    const all = [...before.filter(({ name }) => name !== sdk.name && order.includes(name)), observed];
    all.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    writeFileSync(OBSERVED_FILE, `${JSON.stringify(all, undefined, 2)}\n`);
  }
} finally {
  world.close();
}
