/**
 * `npx -y pnpm@10 fuzz [documents] [seed] [reviews] [seconds]`: a million generated annotations, a hundred thousand
 * AdmissionReviews, and ten minutes of looking for the costliest inputs, or as many as are asked for. Closes with the plain line `N passed, N failed, N skipped`; exit
 * code 1 when one has no coded outcome or memory grows.
 */
import { searchAloud } from '../cost/aloud.ts';
import { runReviews } from './run-reviews.ts';
import { GROWTH_LIMIT, runFuzz } from './run.ts';

const [documents = 1_000_000, seed = Math.trunc(Math.random() * 2 ** 31), reviews = 100_000, seconds = 600] =
  process.argv.slice(2).map(Number);
const started = performance.now();
const elapsed = (): string => `${((performance.now() - started) / 1000).toFixed(0)} s`;

interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Runs one part, and says how far it is. `run` throws at the first failure. */
async function part(
  what: string,
  count: number,
  run: (progress: (done: number) => void) => Promise<{ readonly grown: number; readonly said: string }>,
): Promise<Tally> {
  console.log(`${count} ${what}, seed ${seed}`);
  const step = Math.max(1, Math.floor(count / 20));
  let done = 0;
  try {
    const { grown, said } = await run((now) => {
      done = now;
      if (done % step === 0) console.log(`${done} ${what}, ${elapsed()}`);
    });
    console.log(said);
    console.log(`heap grown by ${(grown / 1024).toFixed(0)} KiB (limit ${GROWTH_LIMIT / 1024}), ${elapsed()}\n`);
    const leaks = grown > GROWTH_LIMIT ? 1 : 0;
    return { passed: count - leaks, failed: leaks, skipped: 0 };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { passed: done, failed: 1, skipped: count - done - 1 };
  }
}

const tallies = [
  await part('documents', documents, (progress) => {
    const { accepted, refused, codes, grown } = runFuzz(documents, seed, progress);
    const said = `${accepted} accepted, ${refused} refused; problems by code: ${JSON.stringify(codes)}`;
    return Promise.resolve({ grown, said });
  }),
  await part('reviews', reviews, async (progress) => {
    const { outcomes, grown } = await runReviews(reviews, seed, progress);
    const rows = Object.entries(outcomes).map(([outcome, count]) => `${String(count).padStart(8)}  ${outcome}`);
    return { grown, said: `reviews by outcome:\n${rows.join('\n')}` };
  }),
  await costs(),
];
/** The search runs last: it fails on what costs more than the budget, and tells each. */
async function costs(): Promise<Tally> {
  const { tried, finds } = await searchAloud({ seed, seconds, enough: 20 });
  return { passed: tried - finds.length, failed: finds.length, skipped: 0 };
}

const sum = (key: keyof Tally): number => tallies.reduce((total, tally) => total + tally[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = sum('failed') === 0 ? 0 : 1;
