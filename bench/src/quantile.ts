/** The value below which `share` (0 to 1) of the values lie, by nearest rank; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)] ?? sorted.at(-1) ?? NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
