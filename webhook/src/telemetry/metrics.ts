import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  WEBHOOK_METRICS,
  type MetricEntry,
  type MetricLabel,
  type Outcome,
  type ReasonCode,
  type Cache,
  type WebhookConfigurationKind,
} from '@rolechain/shared';

export interface Metrics {
  readonly registry: Registry;
  readonly decided: (outcome: Outcome, reason: ReasonCode) => void;
  /** The same of a review that was answered under `mode: audit`. */
  readonly audited: (outcome: Outcome, reason: ReasonCode) => void;
  /** Undefined: not known. */
  readonly guardDenies: (denies: boolean | undefined) => void;
  readonly failed: (code: string) => void;
  readonly took: (seconds: number) => void;
  readonly accounts: (count: () => number) => void;
  readonly limitRanges: (of: { readonly size: () => number; readonly known: () => boolean }) => void;
  readonly certificatesExpire: (served: { readonly notAfter: Date; readonly authorityNotAfter: Date }) => void;
  readonly configurationIs: (kind: WebhookConfigurationKind, trusts: boolean) => void;
  readonly settingsAre: (state: SettingsState) => void;
  /** Tells it that the apiserver was heard of about this. `now`: milliseconds of a clock that nobody sets. */
  readonly cacheAges: (now: () => number) => (cache: Cache) => void;
  /** The same look-up, counted. */
  readonly countLookups: <T, A extends unknown[]>(
    cache: Cache,
    read: (...args: A) => Promise<T>,
  ) => (...args: A) => Promise<T>;
  readonly slipped: (pods: number) => void;
  readonly eventWritten: () => void;
  readonly eventDropped: () => void;
  readonly bundleWritten: (kind: WebhookConfigurationKind) => void;
}

/** Of the settings file, beside the settings in use. */
export type SettingsState = 'in use' | 'restart pending' | 'invalid';

/** What prom-client asks for, of a row of the table. */
const optionsOf = <L extends MetricLabel>({ name, help, labels }: MetricEntry & { readonly labels: readonly L[] }) => ({
  name,
  help,
  labelNames: labels,
});

/** The webhook's metrics, by the table in shared. */
export function makeMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const { accounts, duration: timed, limitRanges, limitRangesKnown } = WEBHOOK_METRICS;
  const decisions = new Counter({ ...optionsOf(WEBHOOK_METRICS.decisions), registers });
  const audited = new Counter({ ...optionsOf(WEBHOOK_METRICS.audited), registers });
  const guardDenies = new Gauge({ ...optionsOf(WEBHOOK_METRICS.guardDenies), registers });
  const failures = new Counter({ ...optionsOf(WEBHOOK_METRICS.failures), registers });
  const duration = new Histogram({ ...optionsOf(timed), buckets: [...timed.buckets], registers });
  const expires = new Gauge({ ...optionsOf(WEBHOOK_METRICS.certificateExpires), registers });
  const authorityExpires = new Gauge({ ...optionsOf(WEBHOOK_METRICS.authorityExpires), registers });
  const trusts = new Gauge({ ...optionsOf(WEBHOOK_METRICS.configurationTrusts), registers });
  const written = new Counter({ ...optionsOf(WEBHOOK_METRICS.bundleWrites), registers });
  const pending = new Gauge({ ...optionsOf(WEBHOOK_METRICS.settingsPending), registers });
  const invalid = new Gauge({ ...optionsOf(WEBHOOK_METRICS.settingsInvalid), registers });
  const lookups = new Counter({ ...optionsOf(WEBHOOK_METRICS.lookups), registers });
  const uninjected = new Counter({ ...optionsOf(WEBHOOK_METRICS.uninjected), registers });
  const eventsWritten = new Counter({ ...optionsOf(WEBHOOK_METRICS.eventsWritten), registers });
  const eventsDropped = new Counter({ ...optionsOf(WEBHOOK_METRICS.eventsDropped), registers });
  const measured = (row: MetricEntry, now: () => number): void => {
    new Gauge({
      ...optionsOf(row),
      registers,
      collect() {
        this.set(now());
      },
    });
  };
  return {
    registry,
    decided: (outcome, reason) => {
      decisions.inc({ outcome, reason });
    },
    audited: (outcome, reason) => {
      audited.inc({ outcome, reason });
    },
    guardDenies: (denies) => {
      guardDenies.set(denies === undefined ? NaN : Number(denies));
    },
    failed: (code) => {
      failures.inc({ code });
    },
    took: (seconds) => {
      duration.observe(seconds);
    },
    accounts: (count) => {
      measured(accounts, count);
    },
    limitRanges: ({ size, known }) => {
      measured(limitRanges, size);
      measured(limitRangesKnown, () => (known() ? 1 : 0));
    },
    configurationIs: (kind, isTrusting) => {
      trusts.set({ kind }, isTrusting ? 1 : 0);
    },
    settingsAre: (state) => {
      pending.set(Number(state === 'restart pending'));
      invalid.set(Number(state === 'invalid'));
    },
    cacheAges: (now) => {
      const heardAt = new Map<Cache, number>();
      new Gauge({
        ...optionsOf(WEBHOOK_METRICS.cacheAge),
        registers,
        collect() {
          for (const [cache, at] of heardAt) this.set({ cache }, (now() - at) / 1000);
        },
      });
      return (cache) => void heardAt.set(cache, now());
    },
    countLookups:
      (cache, read) =>
      async (...args) => {
        try {
          const found = await read(...args);
          lookups.inc({ cache, result: 'ok' });
          return found;
        } catch (error) {
          // Whatever it was, that is what becomes of it (live-lookup.ts).
          lookups.inc({ cache, result: 'LookupFailed' });
          throw error;
        }
      },
    slipped: (pods) => {
      uninjected.inc(pods);
    },
    eventWritten: () => {
      eventsWritten.inc();
    },
    eventDropped: () => {
      eventsDropped.inc();
    },
    bundleWritten: (kind) => {
      written.inc({ kind });
    },
    certificatesExpire: ({ notAfter, authorityNotAfter }) => {
      expires.set(notAfter.getTime() / 1000);
      authorityExpires.set(authorityNotAfter.getTime() / 1000);
    },
  };
}
