import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { WebhookConfigurationKind } from '@rolechain/certs';
import type { Outcome, ReasonCode } from '@rolechain/shared';

export interface Metrics {
  readonly registry: Registry;
  readonly decided: (outcome: Outcome, reason: ReasonCode) => void;
  readonly failed: (code: string) => void;
  readonly took: (seconds: number) => void;
  readonly accounts: (count: () => number) => void;
  readonly limitRanges: (of: { readonly size: () => number; readonly known: () => boolean }) => void;
  readonly certificateExpires: (at: Date) => void;
  readonly configurationIs: (kind: WebhookConfigurationKind, trusts: boolean) => void;
  readonly bundleWritten: (kind: WebhookConfigurationKind) => void;
}

/** The webhook's metrics, in Prometheus' own units. Labels come from the tables of shared alone. */
export function makeMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const decisions = new Counter({
    name: 'rolechain_admissions_total',
    help: 'Reviews answered, by outcome and reason code.',
    labelNames: ['outcome', 'reason'],
    registers,
  });
  const failures = new Counter({
    name: 'rolechain_admission_errors_total',
    help: 'Reviews that got no decision, by error code.',
    labelNames: ['code'],
    registers,
  });
  const duration = new Histogram({
    name: 'rolechain_admission_duration_seconds',
    help: 'Time to answer a review.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
    registers,
  });
  const expires = new Gauge({
    name: 'rolechain_certificate_expiration_timestamp_seconds',
    help: 'When the serving certificate expires.',
    registers,
  });
  const trusts = new Gauge({
    name: 'rolechain_webhook_configuration_trusts',
    help: '1 while the webhook configuration is there and its caBundle vouches for the serving certificate; 0: apiservers go on without the webhook.',
    labelNames: ['kind'],
    registers,
  });
  const written = new Counter({
    name: 'rolechain_ca_bundle_writes_total',
    help: 'How often the caBundle was written: at an installation once; more says that something else writes it.',
    labelNames: ['kind'],
    registers,
  });
  return {
    registry,
    decided: (outcome, reason) => {
      decisions.inc({ outcome, reason });
    },
    failed: (code) => {
      failures.inc({ code });
    },
    took: (seconds) => {
      duration.observe(seconds);
    },
    accounts: (count) => {
      new Gauge({
        name: 'rolechain_service_accounts',
        help: 'ServiceAccounts in the cache.',
        registers,
        collect() {
          this.set(count());
        },
      });
    },
    limitRanges: ({ size, known }) => {
      new Gauge({
        name: 'rolechain_limit_ranges',
        help: 'LimitRanges in the cache.',
        registers,
        collect() {
          this.set(size());
        },
      });
      new Gauge({
        name: 'rolechain_limit_ranges_known',
        help: '1 while LimitRanges are watched; 0: sidecars get their usual resources, whatever a LimitRange says.',
        registers,
        collect() {
          this.set(known() ? 1 : 0);
        },
      });
    },
    configurationIs: (kind, isTrusting) => {
      trusts.set({ kind }, isTrusting ? 1 : 0);
    },
    bundleWritten: (kind) => {
      written.inc({ kind });
    },
    certificateExpires: (at) => {
      expires.set(at.getTime() / 1000);
    },
  };
}
