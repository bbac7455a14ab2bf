/** Labels that metrics have; metrics.ts says what they take. */
export type MetricLabel = 'outcome' | 'reason' | 'code' | 'kind' | 'cache' | 'role' | 'result' | 'status';

/** One metric of a program: what `# TYPE` and `# HELP` of a scrape say, and docs/metrics.md. */
export interface MetricEntry {
  /** With its unit, and `_total` where it only grows (Prometheus, "Metric and label naming"). Users' alerts name it: it stays. */
  readonly name: `rolechain_${string}`;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly MetricLabel[];
  /** One sentence or two. */
  readonly help: string;
  /** Upper bounds of a histogram, in the unit of the name. */
  readonly buckets?: readonly number[];
}
