/**
 * The one table of metrics. The programs register what stands in it, and docs/metrics.md is made of it. Each program takes
 * its own part past this file (index.ts), so that the sidecar carries nothing of the webhook's, nor what the labels take.
 */
import { CREDENTIALS } from './error-table/credentials.ts';
import { REQUEST } from './error-table/request.ts';
import { ERRORS } from './errors.ts';
import { CACHES, WEBHOOK_CONFIGURATION_KINDS } from './kubernetes.ts';
import type { MetricEntry, MetricLabel } from './metric-table/entry.ts';
import { SIDECAR_METRICS } from './metric-table/sidecar.ts';
import { WEBHOOK_METRICS } from './metric-table/webhook.ts';
import { REASONS, type Outcome, type ReasonEntry } from './reasons.ts';

export type { MetricEntry, MetricLabel };

export const METRICS = { webhook: WEBHOOK_METRICS, sidecar: SIDECAR_METRICS } as const satisfies Record<
  string,
  Readonly<Record<string, MetricEntry>>
>;

export interface MetricLabelEntry {
  /** All that it can be. Absent: as many as the text says. */
  readonly values?: readonly string[];
  /** In Markdown, as a page of docs/ has it. */
  readonly text: string;
}

const OUTCOMES: Readonly<Record<Outcome, true>> = { injected: true, skipped: true, refused: true };
const STATUSES = Object.values({ ...REQUEST, ...CREDENTIALS }).map(({ status }) => String(status));
const OF_PODS = Object.entries<ReasonEntry>(REASONS).filter(([, { by, of }]) => by === undefined && of === undefined);

/** What a label takes, in whichever metric: a bounded number of values, none of which a stranger chooses. */
export const METRIC_LABELS: Readonly<Record<MetricLabel, MetricLabelEntry>> = {
  outcome: { values: Object.keys(OUTCOMES), text: 'what became of the pod' },
  reason: { values: OF_PODS.map(([code]) => code), text: 'the [code of the reason](pods.md)' },
  code: { values: Object.keys(ERRORS), text: 'the [code of the error](errors.md)' },
  kind: {
    values: WEBHOOK_CONFIGURATION_KINDS,
    text: 'the kind of the webhook configuration',
  },
  cache: { values: CACHES, text: 'what the webhook keeps of the API' },
  role: { text: "the name of a role in the account's annotation: `default`, or a key of `roles`" },
  result: { values: ['ok', ...Object.keys(ERRORS)], text: '`ok`, or the [code of the error](errors.md)' },
  status: { values: ['200', ...new Set(STATUSES)].toSorted(), text: 'the HTTP status of the answer' },
};
