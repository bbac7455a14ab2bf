/**
 * `node bench/src/admission/builds.ts --old CHECKOUT [--rounds 20] [--seconds 3] [--connections 8]`: whether admission
 * became slower. The webhook of this checkout and that of another one, built there (`pnpm build`), answer the same
 * reviews by turns on one cluster; told is the ratio of their admissions a second, new to old, and its 95 % interval; the
 * same for a second of their own processor time, which is what decides where others hold the machine.
 */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startCluster } from '@rolechain/test/cluster/apiserver.ts';
import { findBinaries } from '@rolechain/test/cluster/binaries.ts';
import { processorMsOf } from '@rolechain/test/cost/measurer.ts';
import { buildAll } from '../../../scripts/build.ts';
import { alternate } from '../alternate.ts';
import { ratioInterval } from '../interval.ts';
import { machine } from '../machine.ts';
import { median } from '../quantile.ts';
import { goPrograms } from './go-peer.ts';
import { makeLoad } from './load.ts';
import { mustPatch } from './patched.ts';
import { makeReviews } from './reviews.ts';
import { startOurs, startReplica, type Target } from './webhooks.ts';

const { values } = parseArgs({
  options: {
    old: { type: 'string' },
    rounds: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '8' },
  },
});
if (values.old === undefined) {
  console.error('builds.ts needs --old CHECKOUT, a folder in which the older version is built');
  process.exitCode = 2;
} else await compare(resolve(values.old, 'dist', 'webhook.cjs'));

async function compare(oldBundle: string): Promise<void> {
  await buildAll();
  const binaries = await findBinaries();
  if ('reason' in binaries) throw new Error(binaries.reason);
  const programs = goPrograms((line) => console.error(line));
  const cluster = await startCluster({ binaries });
  const targets: Target[] = [];
  try {
    const ours = await startOurs(cluster);
    targets.push(ours);
    targets.push(await startReplica(cluster, ours, oldBundle));
    const reviews = makeReviews(1000);
    for (const target of targets) for (const review of reviews.slice(0, 20)) await mustPatch(target, review);
    const file = join(cluster.folder, 'reviews');
    await writeFile(file, reviews.join('\n'));
    const load = makeLoad(programs.load, file);
    const howMuch = { connections: Number(values.connections), seconds: Number(values.seconds) };
    for (const target of targets) await load(target, { ...howMuch, seconds: 5 });
    const runs = await alternate(targets, Number(values.rounds), async (target) => {
      const before = processorMsOf(target.pid);
      const { perSecond, answers } = await load(target, howMuch);
      return { perSecond, perProcessorSecond: (1000 * answers) / (processorMsOf(target.pid) - before) };
    });
    console.log(`${new Date().toISOString().slice(0, 10)}, ${machine()}`);
    for (const [what, of] of [
      ['a second', 'perSecond'],
      ['a second of processor time', 'perProcessorSecond'],
    ] as const) {
      const [now = [], before = []] = runs.map((rounds) => rounds.map((round) => round[of]));
      const { mean, low, high } = ratioInterval(now.map((rate, round) => rate / (before[round] ?? NaN)));
      console.log(
        `admissions ${what}: new ${median(now).toFixed(0)}, old ${median(before).toFixed(0)} (medians of ${now.length} rounds)`,
      );
      console.log(`new/old ${mean.toFixed(3)}, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}`);
    }
  } finally {
    for (const target of targets) await target.stop();
    await cluster.stop();
  }
}
