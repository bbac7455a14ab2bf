import { setTimeout as sleep } from 'node:timers/promises';
import { bundlePrograms } from '../../sidecar/harness.ts';
import { HAPPEN } from './happen.ts';
import { makeWorld } from './world.ts';
const only = process.argv.slice(2);
const programs = await bundlePrograms();
const world = await makeWorld(programs);
const begun = Date.now();
const all = await Promise.all(Object.entries(HAPPEN).filter(([n]) => only.length === 0 || only.includes(n)).map(async ([name, happen]) => [name, await happen(world, name)] as const));
console.error('made', Date.now() - begun);
await sleep(12_000);
for (const [name, { sidecar }] of all) {
  console.log(`\n=== ${name}`);
  const probe = await sidecar.probe();
  console.log('PROBE', probe.code, probe.out.trim(), probe.out.length);
  const lines = sidecar.output().out.trim().split('\n').filter((l) => /"level":"(warn|error)"/.test(l) && !l.includes('code cache'));
  console.log('LOG', lines.at(-1), sidecar.output().err);
  const reply = await sidecar.ask();
  console.log('ASK', reply.status, reply.body.slice(0, 200));
  const { roles } = (await sidecar.health('/status')).data as any;
  console.log('STATUS', roles.default.state, roles.default.secondsLeft, roles.default.error?.code);
}
await world.close();
programs.remove();
process.exit();
