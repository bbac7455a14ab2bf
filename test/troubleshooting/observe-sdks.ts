/**
 * By hand: `node test/troubleshooting/observe-sdks.ts` asks every SDK of test/sdks at each answer that it may meet, and writes what
 * it prints into sdk-texts.json. `--only NAME` asks one SDK, or several, and leaves what is written of the others. It takes what
 * test/sdks/observe.ts takes to build them, and a minute.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bundlePrograms } from '../sidecar/harness.ts';
import { sdks } from '../sdks/programs.ts';
import { makeWorld } from './happen/pod-world.ts';
import { meetAll, readTexts, TEXTS_FILE, textsOf, type SdkTexts } from './sdk-answers.ts';

/** Their words would be those of the program that asks them. */
const PRINT_NOTHING: ReadonlySet<string> = new Set(['minio-go', 'curl']);

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
const programs = await bundlePrograms();
const world = await makeWorld(programs);
try {
  const met = await meetAll(world);
  const asked = sdks().filter(({ name }) => (values.only?.includes(name) ?? true) && !PRINT_NOTHING.has(name));
  for (const sdk of asked) {
    sdk.build();
    const { name, version } = sdk;
    console.error(`${name} ${version}`);
    const said: SdkTexts = { name, version, texts: await textsOf(sdk, met) };
    const order = sdks().map((each) => each.name);
    const before = existsSync(TEXTS_FILE) ? readTexts() : [];
    const all = [...before.filter((each) => each.name !== name && order.includes(each.name)), said];
    all.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    writeFileSync(TEXTS_FILE, `${JSON.stringify(all, undefined, 2)}\n`);
  }
} finally {
  await world.close();
  programs.remove();
}
