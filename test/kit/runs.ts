/** Set by `pnpm test:unit`: property tests there try a part of their cases, so that all of it stays under a minute. */
export const QUICK_VARIABLE = 'ROLECHAIN_TEST_QUICK';

/** Of the whole run's cases, rounded up. */
const QUICK_PART = 10;

/** How many cases a property test tries: all of `whole` by `pnpm test`, a tenth of them by `pnpm test:unit`. */
export function runs(whole: number): number {
  return process.env[QUICK_VARIABLE] === 'true' ? Math.ceil(whole / QUICK_PART) : whole;
}
