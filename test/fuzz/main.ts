/**
 * `npx -y pnpm@10 fuzz [count] [seed]`: a million generated annotations, or as many as are asked for. Closes with
 * the plain line `N passed, N failed, N skipped`; exit code 1 when one has no coded outcome or memory grows.
 */
import { GROWTH_LIMIT, runFuzz } from './run.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Math.trunc(Math.random() * 2 ** 31));
const started = performance.now();
const seconds = (): string => ((performance.now() - started) / 1000).toFixed(0);
const step = Math.max(1, Math.floor(count / 20));
console.log(`${count} documents, seed ${seed}`);

let done = 0;
try {
  const { accepted, refused, codes, grown } = runFuzz(count, seed, (now) => {
    done = now;
    if (done % step === 0) console.log(`${done} documents, ${seconds()} s`);
  });
  console.log(`${accepted} accepted, ${refused} refused; problems by code: ${JSON.stringify(codes)}`);
  console.log(`heap grown by ${(grown / 1024).toFixed(0)} KiB (limit ${GROWTH_LIMIT / 1024}), ${seconds()} s`);
  const leaks = grown > GROWTH_LIMIT;
  console.log(`\n${count - (leaks ? 1 : 0)} passed, ${leaks ? 1 : 0} failed, 0 skipped`);
  process.exitCode = leaks ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log(`\n${done} passed, 1 failed, ${count - done - 1} skipped`);
  process.exitCode = 1;
}
