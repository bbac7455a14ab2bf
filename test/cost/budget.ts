/** What one input may cost, and whether it costs more. */
import { BUDGET_MS, type Input } from './input.ts';
import type { Measured } from './measure.ts';
import { startMeasurer, type Measurer, type Outcome } from './measurer.ts';

const MIB = 1024 * 1024;

/** Above rest and the parsed body. */
export const BUDGET_MIB = 64;

export interface Budget {
  readonly ms: Readonly<Record<Input['program'], number>>;
  readonly mib: number;
}
export const BUDGET: Budget = { ms: BUDGET_MS, mib: BUDGET_MIB };

/** A question that takes so many budgets is not waited for: slow machines have their time. */
const GIVE_UP_BUDGETS = 30;
/** Of the process that looks: more than the budget, so that what is over it is mostly told and not died of. */
const LOOKING_HEAP_MIB = 400;

export function startLooking(): Promise<Measurer> {
  return startMeasurer({ heapMiB: LOOKING_HEAP_MIB, giveUpMs: GIVE_UP_BUDGETS * BUDGET_MS.webhook });
}

/** Parts of the budget that a look saw; 1 is all of it. An input that ended the process has `ENDED`. */
export interface Cost {
  readonly time: number;
  readonly memory: number;
  /** Over 1 for an answer that says that the program has a defect. */
  readonly answer: number;
}
const ENDED = 100;
/** InternalError: nobody thought of it. */
const DEFECT = 500;
const NOTHING: Cost = { time: 0, memory: 0, answer: 0 };

export function costOf(input: Input, outcome: Outcome, budget: Budget = BUDGET): Cost {
  if ('ended' in outcome) {
    return outcome.ended === 'time' ? { ...NOTHING, time: ENDED } : { ...NOTHING, memory: ENDED };
  }
  if (!outcome.measured) return NOTHING;
  const { ms, peakBytes, status } = outcome.measured;
  return {
    time: ms / budget.ms[input.program],
    memory: peakBytes / MIB / budget.mib,
    answer: status === DEFECT ? 2 : 0,
  };
}

/** An input over its budget, and how. */
export interface Find {
  readonly what: keyof Cost;
  readonly said: string;
  readonly measured?: Measured;
}

/** What a closer look at an input says. */
export interface Judged {
  readonly cost: Cost;
  readonly measured?: Measured;
  /** Undefined where it is within the budget. */
  readonly find?: Find;
}

/** Parts of the budget up to which an input that looks costly is known to be within it. */
export type Passed = Readonly<Record<'time' | 'memory', number>>;
export const NONE_PASSED: Passed = { time: 1, memory: 1 };

/**
 * Whether an input that looked too costly is. Of time, the least of several tries, here and in a new process: one that
 * has seen thousands of odd inputs has code that no ordinary one runs. Of memory, a process that has exactly as much as
 * the budget.
 */
export async function judge(
  measurer: Measurer,
  input: Input,
  { passed = NONE_PASSED, budget = BUDGET }: { readonly passed?: Passed; readonly budget?: Budget } = {},
): Promise<Judged> {
  const judged = await lookCloser(measurer, input, budget);
  const { cost, measured, find } = judged;
  if (find?.what === 'time' && cost.time > passed.time) return inNewProcess(judged, input, budget);
  if (find && find.what !== 'time') return judged;
  const within = { cost, ...(measured ? { measured } : {}) };
  if (!measured || cost.memory <= passed.memory) return within;
  if (await fits(measurer.restBytes(), measured, input, budget)) return within;
  const said = `does not fit into ${budget.mib} MiB above rest and the parsed body`;
  return { cost, measured, find: { what: 'memory', said, measured } };
}

async function inNewProcess(judged: Judged, input: Input, budget: Budget): Promise<Judged> {
  const measurer = await startLooking();
  try {
    const again = await lookCloser(measurer, input, budget);
    // The cost stays what it was seen as: what has looked so costly once is not asked about again.
    return again.find ? again : { cost: judged.cost, ...(again.measured ? { measured: again.measured } : {}) };
  } finally {
    measurer.stop();
  }
}

/** Time, and whether there is an answer at all. */
async function lookCloser(measurer: Measurer, input: Input, budget: Budget): Promise<Judged> {
  // What ends the process is not given seven times as long.
  const once = await measurer.ask({ input, how: 'once' });
  const outcome = 'ended' in once ? once : await measurer.ask({ input, how: 'least' });
  const cost = costOf(input, outcome, budget);
  if ('ended' in outcome) {
    const { ended, ms } = outcome;
    const said =
      ended === 'time' ? `not done after ${ms} ms of processor time` : `over ${LOOKING_HEAP_MIB} MiB of heap`;
    return { cost, find: { what: ended, said } };
  }
  const { measured } = outcome;
  if (!measured) return { cost };
  if (cost.answer > 1) return { cost, measured, find: { what: 'answer', said: 'answered 500', measured } };
  if (cost.time <= 1) return { cost, measured };
  const said = `${measured.ms.toFixed(1)} ms of processor time; the budget is ${budget.ms[input.program]}`;
  return { cost, measured, find: { what: 'time', said, measured } };
}

/** What stands in the way of a measure and is no cost of the input: V8's own pages are not full. */
const SLACK_MIB = 2;

async function fits(restBytes: number, { parsedBytes }: Measured, input: Input, budget: Budget): Promise<boolean> {
  const heapMiB = Math.ceil((restBytes + parsedBytes) / MIB) + budget.mib + SLACK_MIB;
  const strict = await startMeasurer({ heapMiB, youngMiB: 1, giveUpMs: GIVE_UP_BUDGETS * BUDGET_MS.webhook });
  try {
    const outcome = await strict.ask({ input, how: 'once' });
    return !('ended' in outcome);
  } finally {
    strict.stop();
  }
}
