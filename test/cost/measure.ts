/**
 * The process in which inputs are tried: it may be ended by what it is given, by time or by memory. Inputs come over IPC,
 * and each gets one answer.
 */
import { LIMITS } from '@rolechain/shared';
import { BUDGET_MS, type Input } from './input.ts';
import { TRIES, TRIES_AT_LEAST, calibrate, onReference, processorMs, spend } from './meter.ts';
import { SEEDS } from './seeds.ts';

// What an annotation costs is what it costs the first time: one reading is kept, and each try follows another account's.
// Both figures are read when the programs are loaded. And a held request costs no more in 800 ms than in one.
Object.assign(LIMITS, { readsKept: 1, holdMs: 1 });
const { startWebhook } = await import('./webhook.ts');
const { startSidecar } = await import('./sidecar.ts');
const [webhook, sidecar] = await Promise.all([startWebhook(), startSidecar()]);

/**
 * `once`: a look. `least`: the least of some tries, so that neither another process nor a compiler is a find. `eat`: what an
 * input without a bound would do, for the test that such an end is told.
 */
export interface Question {
  readonly input: Input;
  readonly how: 'once' | 'least' | 'eat';
}

export interface Measured {
  /** Milliseconds of processor time beyond the parsing of the body, as they would be on the reference machine. */
  readonly ms: number;
  /** Of the parsing alone. */
  readonly parsingMs: number;
  /** Bytes above what parsing takes, with what is garbage and not collected yet, and so more than it needs. */
  readonly peakBytes: number;
  /** Bytes that the parsed body takes; 0 after one look. */
  readonly parsedBytes: number;
  /** Of the body. */
  readonly bytes: number;
  /** Of the answer; 0 where there is none. */
  readonly status: number;
}

/** `undefined`: nobody would send such an input. */
export type Answer = { readonly ready: { readonly restBytes: number } } | { readonly measured: Measured | undefined };

/** Milliseconds, parsing included, that no further try brings into a budget. */
const FAR_OVER_MS = 1000;
/** Parsing less than this costs no more than what it is measured with. */
const SMALL_BYTES = 64 * 1024;
/** The speed of the machine is looked at again after so much processor time; the least of the last rounds counts. */
const CALIBRATED_MS = 200;
const ROUNDS_KEPT = 8;

const rounds: number[] = [];
let calibratedAt = -Infinity;
function recentRoundMs(): number {
  if (processorMs() - calibratedAt > CALIBRATED_MS) {
    rounds.unshift(calibrate());
    rounds.splice(ROUNDS_KEPT);
    calibratedAt = processorMs();
  }
  return Math.min(...rounds);
}

async function measure({ input, how }: Question): Promise<Measured | undefined> {
  const work = input.program === 'webhook' ? webhook.workOf(input) : workOfRequest(input);
  if (!work) return undefined;
  const isLarge = work.bytes > SMALL_BYTES;
  if (isLarge || how === 'least') collect();
  const nothing = { ms: 0, peakBytes: 0 };
  const parsing = isLarge ? makeLeast() : nothing;
  const whole = { ...makeLeast(), status: 0 };
  let roundMs = how === 'once' ? recentRoundMs() : Infinity;
  const tries = how === 'once' ? 1 : TRIES;
  for (let done = 0; done < tries; done++) {
    if (done >= TRIES_AT_LEAST && onReference(whole.ms - parsing.ms, roundMs) < BUDGET_MS[input.program]) break;
    // By turns, so that all of them have the machine's quiet moments.
    if (how === 'least') roundMs = Math.min(roundMs, calibrate());
    if (isLarge) {
      lessOf(parsing, await spend(work.parsing));
      collect();
    }
    await work.before();
    const spent = await spend(work.whole);
    whole.status = spent.result.status;
    lessOf(whole, spent);
    if (whole.ms > FAR_OVER_MS && done > 1) break;
  }
  return {
    ms: onReference(Math.max(0, whole.ms - parsing.ms), roundMs),
    parsingMs: onReference(parsing.ms, roundMs),
    peakBytes: whole.peakBytes - parsing.peakBytes,
    parsedBytes: how === 'least' ? sizeOf(work.held) : 0,
    bytes: work.bytes,
    status: whole.status,
  };
}

/** The least that was seen of each. */
interface Least {
  ms: number;
  peakBytes: number;
}
const makeLeast = (): Least => ({ ms: Infinity, peakBytes: Infinity });
function lessOf(least: Least, { ms, peakBytes }: Least): void {
  least.ms = Math.min(least.ms, ms);
  least.peakBytes = Math.min(least.peakBytes, peakBytes);
}

function workOfRequest(input: Extract<Input, { program: 'sidecar' }>) {
  const nothing = (): Promise<void> => Promise.resolve();
  return { bytes: 0, before: nothing, whole: () => sidecar.ask(input), parsing: nothing, held: () => undefined };
}

/** Bytes that stay in use while a value is held. */
function sizeOf(make: () => unknown): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  const value = make();
  collect();
  const size = process.memoryUsage().heapUsed - before;
  return value === null ? 0 : Math.max(0, size);
}

function collect(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

/** Rounds until the compiler has nothing more to do with them. */
const CALIBRATION_WARM = 60;

/** So that the compiler has seen what ordinary inputs lead through. */
async function warmUp(): Promise<void> {
  for (let left = CALIBRATION_WARM; left > 0; left--) calibrate();
  const ordinary = SEEDS.filter(({ name }) => name.startsWith('ordinary'));
  for (let round = 0; round < 8; round++) for (const { input } of ordinary) await measure({ input, how: 'once' });
  collect();
}

function eat(): never {
  for (const all: number[][] = []; ;) all.push(Array.from({ length: 100_000 }, Math.random));
}

const answer = (message: Answer): void => void process.send?.(message);
await warmUp();
process.on('message', (question: Question) => {
  if (question.how === 'eat') eat();
  void measure(question).then((measured) => answer({ measured }));
});
process.once('disconnect', () => process.exit(0));
answer({ ready: { restBytes: process.memoryUsage().heapUsed } });
