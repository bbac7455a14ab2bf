/** What repeated pairs of measurements say of their ratio. */

export interface Interval {
  /** Geometric mean of the ratios. */
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Two-sided 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.2); above,
 * the normal distribution's.
 */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** The 95 % interval of the mean ratio, over logarithms: twice and half as fast weigh alike. Two ratios at least. */
export function ratioInterval(ratios: readonly number[]): Interval {
  if (ratios.length < 2) throw new RangeError(`an interval takes two ratios at least, not ${ratios.length}`);
  const logs = ratios.map(Math.log);
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1);
  const half = (T[logs.length - 2] ?? 1.96) * Math.sqrt(variance / logs.length);
  return { mean: Math.exp(mean), low: Math.exp(mean - half), high: Math.exp(mean + half) };
}
