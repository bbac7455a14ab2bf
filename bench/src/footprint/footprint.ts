/** `bench footprint`: what a sidecar costs a pod, untuned, step by step, as shipped, and beside a Go sidecar. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENV } from '@rolechain/shared';
import { alternate } from '../alternate.ts';
import { goPrograms } from '../go-programs.ts';
import { format, told, type BenchOptions, type Part, type Row } from '../row.ts';
import { findGroups, inGroup, smapsMiB, type Groups } from '@rolechain/test/cgroup/memory.ts';
import { makeContestants, type Contestants } from './contestants.ts';
import { coldImage, makeDisk, readAheadKiB, usualImage, USUAL_READ_AHEAD_KIB, warmImage, type Image } from './image.ts';
import { underLimit, type UnderLimit } from './limit.ts';
import { measureMemory } from './memory.ts';
import { makeMeter, type Meter } from './meter.ts';
import { idleRow, latencyRows, limitRows, memoryRows, proberRow, startRows, stepRows, type Figures } from './rows.ts';
import { cpuMs, start, startAll, stopAll } from './running.ts';
import { startWorld, type World } from './world.ts';

export const footprint: Part = { name: 'footprint', run };

/** Times in the name's unit; the others are rounds, or runs in a round. */
const WHOLE = {
  ...{ starts: 7, memory: 3, limits: 3, probes: 2, ownDisk: true },
  ...{ settleMs: 3_000, idleAfterMs: 12_000, idleMs: 20_000, loads: 3, loadSeconds: 4 },
};
const SHORT: typeof WHOLE = {
  ...{ starts: 1, memory: 1, limits: 1, probes: 1, ownDisk: false },
  ...{ settleMs: 0, idleAfterMs: 0, idleMs: 500, loads: 1, loadSeconds: 1 },
};

interface Bench {
  readonly world: World;
  readonly meter: Meter;
  readonly contestants: Contestants;
  readonly groups: Groups | undefined;
  readonly size: typeof WHOLE;
  readonly say: (line: string) => void;
}

async function run({ short, say }: BenchOptions): Promise<Row[]> {
  const programs = goPrograms('sidecar', say);
  const found = findGroups();
  const groups = 'reason' in found ? undefined : found;
  if ('reason' in found) say(`footprint: no memory of cgroups and no proof of the limit. ${found.reason}`);
  try {
    const world = await startWorld();
    try {
      say('footprint: building each step of the sidecar');
      const contestants = await makeContestants(world, join(programs, 'sidecar'));
      const size = short ? SHORT : WHOLE;
      const meter = makeMeter(join(programs, 'meter'));
      return await measure({ world, meter, contestants, groups, size, say });
    } finally {
      await world.close();
    }
  } finally {
    await groups?.remove();
  }
}

async function measure(bench: Bench): Promise<Row[]> {
  const { groups } = bench;
  const figures = await figuresOf(bench);
  const [steps, go] = [figures.slice(0, -1), figures.at(-1)];
  const [untuned, shipped] = [steps[0], steps.at(-1)];
  if (!go || !untuned || !shipped) throw new Error('a contestant is missing');
  return [
    ...startRows(shipped, untuned, go),
    ...(groups ? memoryRows(shipped, untuned, go) : [await privateMemory(bench)]),
    await idle(bench),
    ...(await latency(bench)),
    await prober(bench),
    ...(groups ? await limits(bench, groups) : []),
    ...stepRows(steps),
  ];
}

async function figuresOf({ world, meter, contestants, groups, size, say }: Bench): Promise<Figures[]> {
  const all = [...contestants.steps, contestants.go];
  say(`footprint: ${size.starts} starts of each`);
  const times = await alternate(all, size.starts, (each) => meter.start(each, world));
  say(`footprint: memory, ${size.memory} rounds`);
  const memory =
    groups && (await measureMemory(all, { world, meter, groups, rounds: size.memory, short: size === SHORT }));
  world.setSessionSeconds(undefined);
  return all.map((each, index) => ({ name: each.name, times: times[index] ?? [], memory: memory?.get(each) }));
}

/** Where no cgroup can be made: what is told, not held against the goal. */
async function privateMemory({ world, contestants, size }: Bench): Promise<Row> {
  const running = await startAll([contestants.shipped, contestants.untuned, contestants.go], world, () => undefined);
  try {
    await sleep(size.settleMs);
    const mib = running.map(({ name, pid }) => {
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      return `${name} ${format(smapsMiB(text, 'Private_Dirty') + smapsMiB(text, 'Private_Clean'))} MiB`;
    });
    const note = 'No cgroup could be made here: the goal of 17 MiB was not tested, nor the limit.';
    return told('footprint: private memory after start', mib.join(', '), note);
  } finally {
    await stopAll(running);
  }
}

async function idle({ world, contestants, size, say }: Bench): Promise<Row> {
  say(`footprint: idle for ${size.idleMs / 1000} s`);
  const { shipped, untuned, go, nodeHTTP } = contestants;
  const running = await startAll([shipped, untuned, go, nodeHTTP], world, () => undefined);
  try {
    await sleep(size.idleAfterMs);
    const before = running.map(({ pid }) => cpuMs(pid));
    const from = performance.now();
    await sleep(size.idleMs);
    const took = performance.now() - from;
    return idleRow(
      running.map(({ name, pid }, index) => ({ name, percent: ((cpuMs(pid) - (before[index] ?? NaN)) / took) * 100 })),
    );
  } finally {
    await stopAll(running);
  }
}

async function latency({ world, meter, contestants, size, say }: Bench): Promise<Row[]> {
  say(`footprint: 100 requests a second, ${size.loads} rounds of ${size.loadSeconds} s`);
  const { shipped, go: goPeer, nodeHTTP } = contestants;
  const running = await startAll([shipped, goPeer, nodeHTTP], world, () => undefined);
  try {
    await sleep(size.settleMs);
    const rows: Row[] = [];
    for (const kept of [false, true]) {
      const about = { rate: 100, seconds: size.loadSeconds, kept };
      const [ours = [], go = [], bare = []] = await alternate(running, size.loads, (each) => meter.load(each, about));
      rows.push(...latencyRows(kept ? 'kept connection' : 'new connections', ours, go, bare));
    }
    return rows;
  } finally {
    await stopAll(running);
  }
}

async function prober({ world, meter, contestants, groups, size }: Bench): Promise<Row> {
  const running = await start(contestants.shipped, world);
  try {
    const command = [process.execPath, join(contestants.shippedFolder, 'prober.cjs')];
    const peaks: number[] = [];
    let made = 0;
    const one = async () => {
      const group = groups?.make(`prober-${made++}`);
      const cost = await meter.run(inGroup(group?.enter, command), { [ENV.root]: running.pod.files.root });
      const peak = group?.peak();
      if (peak !== undefined) peaks.push(peak);
      if (cost.code !== 0) throw new Error('the startup probe fails beside a sidecar that serves');
      return cost;
    };
    const [costs = []] = await alternate([one], size.starts, (each) => each());
    return proberRow(costs, peaks);
  } finally {
    await running.stop();
  }
}

async function limits(bench: Bench, groups: Groups): Promise<Row[]> {
  const { world, meter, contestants, size, say } = bench;
  say(`footprint: under the limit, ${size.limits} rounds`);
  let made = 0;
  const one = async (image: Image): Promise<UnderLimit> => {
    const name = `limit-${made++}`;
    try {
      return await underLimit(image, { world, meter, groups, name, probes: size.probes });
    } finally {
      await image.close();
    }
  };
  const disk = makeDisk(contestants, world);
  const caches = [() => usualImage(contestants, world, disk), () => Promise.resolve(warmImage(contestants))];
  const [cold = [], warm = []] = await alternate(caches, size.limits, async (make) => one(await make()));
  const rows = [...limitRows(`cold (${USUAL_READ_AHEAD_KIB} KiB read ahead)`, cold), ...limitRows('warm', warm)];
  const ahead = readAheadKiB(world.folder);
  if (!size.ownDisk || ahead === undefined || ahead === USUAL_READ_AHEAD_KIB) return rows;
  const own = [await one(coldImage(contestants, world, 'own-disk'))];
  return [...rows, ...limitRows(`cold (${format(ahead)} KiB, this machine's disk)`, own, OWN_DISK)];
}

/** Said of a disk that reads more ahead than is usual. */
const OWN_DISK =
  'Each page that a cold start asks for brings the whole read-ahead with it, all charged against the limit, which throws out pages that are needed: the start takes some 20 s, and whether a probe or request fails meanwhile differs from run to run. Nodes with so much of it want a higher limit (annotation) or the usual 128 KiB.';
