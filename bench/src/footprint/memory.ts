/** What one more sidecar costs a node that already runs one of the same image. */
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../quantile.ts';
import type { Groups, Memory, MemoryGroup } from '@rolechain/test/cgroup/memory.ts';
import type { Contestant } from './contestants.ts';
import type { Meter } from './meter.ts';
import { SHORT_SESSION_SECONDS, startAll, stopAll, untilRefreshed, type Running } from './running.ts';
import type { World } from './world.ts';

export const MOMENTS = [
  'after start',
  'after 200 requests',
  'after 1,200 requests',
  '12 s after these',
  'after a refresh',
] as const;
export type Moment = (typeof MOMENTS)[number];

/** At which nobody has just asked: what a node holds for a pod's life. The facts' figures are of the first. */
export const AT_REST: readonly Moment[] = ['after start', '12 s after these', 'after a refresh'];

/** MiB by moment; medians of the rounds. */
export type MemoryOf = Readonly<Record<Moment, Memory>>;

/** Over the second after which the sidecar collects garbage, and the peer frees memory. */
const SETTLE_MS = 2_500;
const LOAD = { rate: 200, seconds: 1, kept: false };
const MORE = { ...LOAD, seconds: 5 };
/** V8 collects garbage on its own, some 8 s after the last. */
const QUIET_MS = 12_000;

export interface MemoryBench {
  readonly world: World;
  readonly meter: Meter;
  readonly groups: Groups;
  readonly rounds: number;
  /** Neither all the requests nor all the quiet: the figures mean nothing. */
  readonly short: boolean;
}

/** By contestant. All run at once: what they take doesn't depend on the time that they are given. */
export async function measureMemory(
  contestants: readonly Contestant[],
  bench: MemoryBench,
): Promise<ReadonlyMap<Contestant, MemoryOf>> {
  const { world, groups, rounds } = bench;
  world.setSessionSeconds(undefined);
  const others = groups.make('others');
  // The pages of the files are charged to these.
  const residents = await startAll(contestants, world, () => others.enter);
  const seen: Record<Moment, Memory>[][] = contestants.map(() => []);
  try {
    for (let round = 0; round < rounds; round++) {
      const figures = await oneRound(contestants, bench, round);
      figures.forEach((each, index) => seen[index]?.push(each));
    }
  } finally {
    await stopAll(residents);
  }
  return new Map(contestants.map((contestant, index) => [contestant, mediansOf(seen[index] ?? [])]));
}

async function oneRound(
  contestants: readonly Contestant[],
  { world, meter, groups, short }: MemoryBench,
  round: number,
): Promise<Record<Moment, Memory>[]> {
  const within = async <T>(phase: string, measure: (running: Running[], made: MemoryGroup[]) => Promise<T>) => {
    const made = contestants.map((_, index) => groups.make(`memory-${round}-${phase}-${index}`));
    const running = await startAll(contestants, world, (each) => made[contestants.indexOf(each)]?.enter);
    try {
      return await measure(running, made);
    } finally {
      await stopAll(running);
    }
  };
  const now = (made: MemoryGroup[]): Memory[] => made.map(({ memory }) => memory());
  world.setSessionSeconds(undefined);
  const [started, requested, busy, quiet] = await within('long', async (running, made) => {
    await sleep(SETTLE_MS);
    const before = now(made);
    for (const each of running) await meter.load(each, LOAD);
    const after = now(made);
    await Promise.all(running.map((each) => meter.load(each, short ? LOAD : MORE)));
    const busy = now(made);
    await sleep(short ? 0 : QUIET_MS);
    return [before, after, busy, now(made)] as const;
  });
  world.setSessionSeconds(SHORT_SESSION_SECONDS);
  const refreshed = await within('short', async (running, made) => {
    await untilRefreshed(running, world);
    await sleep(SETTLE_MS);
    return now(made);
  });
  return contestants.map((_, index) => ({
    'after start': given(started[index]),
    'after 200 requests': given(requested[index]),
    'after 1,200 requests': given(busy[index]),
    '12 s after these': given(quiet[index]),
    'after a refresh': given(refreshed[index]),
  }));
}

function mediansOf(rounds: readonly Record<Moment, Memory>[]): MemoryOf {
  const at = (moment: Moment, key: keyof Memory): number => median(rounds.map((each) => each[moment][key]));
  const of = (moment: Moment): Memory => ({
    usage: at(moment, 'usage'),
    anon: at(moment, 'anon'),
    file: at(moment, 'file'),
  });
  return {
    'after start': of('after start'),
    'after 200 requests': of('after 200 requests'),
    'after 1,200 requests': of('after 1,200 requests'),
    '12 s after these': of('12 s after these'),
    'after a refresh': of('after a refresh'),
  };
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a figure is missing');
  return value;
}
