/** Looks for the costliest inputs: those that cost most are changed, and what costs more takes their place. */
import { random, type Random } from '../fuzz/random.ts';
import { NONE_PASSED, costOf, judge, startLooking, type Cost, type Find, type Passed } from './budget.ts';
import { TARGETS, targetOf, type Input, type Seed, type Target } from './input.ts';
import type { Measured } from './measure.ts';
import type { Measurer } from './measurer.ts';
import { mutate } from './mutate.ts';
import { SEEDS } from './seeds.ts';

export interface Found extends Find {
  /** The seed that it comes from. */
  readonly seed: string;
  readonly target: Target;
  readonly input: Input;
}

/** The costliest input of a target by one measure. */
export interface Costliest {
  readonly seed: string;
  readonly target: Target;
  readonly by: By;
  /** Of the budget; 1 is all of it. */
  readonly part: number;
  readonly measured?: Measured;
  readonly input: Input;
}

export interface SearchResult {
  readonly tried: number;
  readonly finds: readonly Found[];
  readonly costliest: readonly Costliest[];
}

export interface SearchOptions {
  readonly seed: number;
  readonly seconds: number;
  /** The search ends with so many finds. */
  readonly enough: number;
  readonly onFind?: (found: Found) => void;
  readonly progress?: (tried: number, seconds: number) => void;
}

interface Kept {
  readonly seed: string;
  readonly input: Input;
  readonly part: number;
}

/** Of one seed's offspring, by one measure: others must have room, too. */
const KEPT_OF_A_SEED = 3;
/** Of the budget: what looks costlier than this is always looked at closely. */
const PASSED_MAX = 2;
type By = 'time' | 'memory';
const BY: readonly By[] = ['time', 'memory'];

export async function search(options: SearchOptions): Promise<SearchResult> {
  const { seed, seconds, enough, onFind, progress } = options;
  const r = random(seed);
  const measurer = await startLooking();
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const pools = new Map(TARGETS.map((target) => [target, makePool()]));
  const finds: Found[] = [];
  const passedBy = new Map<Target, Passed>();
  let tried = 0;

  const look = async ({ name, input }: Seed): Promise<void> => {
    tried++;
    const target = targetOf(input);
    const looked = costOf(input, await measurer.ask({ input, how: 'once' }));
    const passed = passedBy.get(target) ?? NONE_PASSED;
    const isCostly = looked.answer > 1 || looked.time > passed.time || looked.memory > passed.memory;
    const { cost, find } = isCostly ? await judge(measurer, input, { passed }) : { cost: looked };
    if (find === undefined) {
      if (isCostly) passedBy.set(target, more(passed, cost));
      for (const by of BY) pools.get(target)?.keep(by, { seed: name, input, part: cost[by] });
    } else if (!finds.some((other) => other.seed === name && other.target === target && other.what === find.what)) {
      // What comes of one seed is told once. The pools go on with what is within the budget.
      finds.push({ ...find, seed: name, target, input });
      onFind?.({ ...find, seed: name, target, input });
    }
  };

  try {
    // However long it takes: a slow machine looks at each of these, too.
    for (const one of SEEDS) {
      if (finds.length >= enough) break;
      await look(one);
    }
    while (elapsed() < seconds && finds.length < enough) {
      const pool = pools.get(r.pick(TARGETS as [Target, ...Target[]]));
      const parent = pool?.pick(r);
      const other = pool?.pick(r);
      if (parent && other) await look({ name: parent.seed, input: mutate(r, parent.input, other.input) });
      if (tried % 500 === 0) progress?.(tried, elapsed());
    }
    return { tried, finds, costliest: await summary(measurer, pools) };
  } finally {
    measurer.stop();
  }
}

/** An input that is within the budget after all, or else its offspring would be looked at closely again and again. */
function more(passed: Passed, { time, memory }: Cost): Passed {
  const raise = (from: number, to: number): number => Math.max(from, Math.min(to, PASSED_MAX));
  return { time: raise(passed.time, time), memory: raise(passed.memory, memory) };
}

interface Pool {
  readonly keep: (by: By, kept: Kept) => void;
  readonly pick: (r: Random) => Kept | undefined;
  readonly best: (by: By) => Kept | undefined;
}

function makePool(): Pool {
  const kept: Record<By, Map<string, Kept[]>> = { time: new Map(), memory: new Map() };
  return {
    keep: (by, one) => {
      const of = kept[by].get(one.seed) ?? [];
      const sorted = [...of, one].toSorted((a, b) => b.part - a.part).slice(0, KEPT_OF_A_SEED);
      kept[by].set(one.seed, sorted);
    },
    pick: (r) => {
      const all = [...kept[r.once(3) ? 'memory' : 'time'].values()].flat().toSorted((a, b) => b.part - a.part);
      // The costlier, the oftener: half of the time one of the first eighth.
      const among = r.once(2) ? Math.max(4, all.length / 8) : all.length;
      return all[r.below(Math.min(all.length, among))];
    },
    best: (by) => [...kept[by].values()].flat().toSorted((a, b) => b.part - a.part)[0],
  };
}

/** The costliest by each measure, measured as a find is. */
async function summary(measurer: Measurer, pools: ReadonlyMap<Target, Pool>): Promise<Costliest[]> {
  const costliest: Costliest[] = [];
  for (const [target, pool] of pools) {
    for (const by of BY) {
      const best = pool.best(by);
      if (!best) continue;
      const { seed, input } = best;
      const outcome = await measurer.ask({ input, how: 'least' });
      const measured = 'measured' in outcome ? outcome.measured : undefined;
      costliest.push({ seed, target, by, part: costOf(input, outcome)[by], input, ...(measured ? { measured } : {}) });
    }
  }
  return costliest;
}
