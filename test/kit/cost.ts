/** What a call costs beside an honest one of the same run: no clock of a machine is in it. */

/** Milliseconds of processor time. */
function costOf(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Whatever else runs on the machine only adds to a cost: a call that is cheap is so once in this many times. */
const ROUNDS = 12;

/**
 * How many times as much as the honest call one costs, by the cheapest of up to ROUNDS runs of each. It ends once that is
 * under `enough`; what grows by the square never gets there.
 */
export function timesAsMuch(honest: () => unknown, run: () => unknown, enough: number): number {
  let [unit, cost] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    unit = Math.min(unit, Math.max(costOf(honest), 1));
    cost = Math.min(cost, costOf(run));
    if (cost / unit < enough) break;
  }
  return cost / unit;
}
