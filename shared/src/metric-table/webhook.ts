import { LIMITS } from '../limits.ts';
import type { MetricEntry } from './entry.ts';

/** All that a scrape of the webhook has. */
export const WEBHOOK_METRICS = {
  decisions: {
    name: 'rolechain_admissions_total',
    type: 'counter',
    labels: ['outcome', 'reason'],
    help: 'Reviews answered, by outcome and reason code.',
  },
  audited: {
    name: 'rolechain_audited_admissions_total',
    type: 'counter',
    labels: ['outcome', 'reason'],
    help: 'Reviews answered under the setting `mode: audit`, by the outcome and reason code that they would have had; the other counter then stands still.',
  },
  guardDenies: {
    name: 'rolechain_audit_guard_denies',
    type: 'gauge',
    labels: [],
    help: '1 while the setting mode is audit and a binding of the guard denies, so that pods are refused all the same; NaN where the bindings cannot be read.',
  },
  failures: {
    name: 'rolechain_admission_errors_total',
    type: 'counter',
    labels: ['code'],
    help: 'Reviews that failed, by error code.',
  },
  duration: {
    name: 'rolechain_admission_duration_seconds',
    type: 'histogram',
    labels: [],
    help: 'Time to answer a review.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
  },
  certificateExpires: {
    name: 'rolechain_certificate_expiration_timestamp_seconds',
    type: 'gauge',
    labels: [],
    help: 'When the serving certificate expires.',
  },
  authorityExpires: {
    name: 'rolechain_ca_certificate_expiration_timestamp_seconds',
    type: 'gauge',
    labels: [],
    help: 'When the CA certificate that has signed the serving certificate expires.',
  },
  configurationTrusts: {
    name: 'rolechain_webhook_configuration_trusts',
    type: 'gauge',
    labels: ['kind'],
    help: '1 while the webhook configuration is there and its caBundle vouches for the serving certificate; 0: apiservers go on without the webhook.',
  },
  bundleWrites: {
    name: 'rolechain_ca_bundle_writes_total',
    type: 'counter',
    labels: ['kind'],
    help: 'How often the caBundle was written: at an installation once; more says that something else writes it.',
  },
  settingsPending: {
    name: 'rolechain_settings_restart_pending',
    type: 'gauge',
    labels: [],
    help: '1 while the settings file has other settings than those in use: restart the Deployment to use them.',
  },
  settingsInvalid: {
    name: 'rolechain_settings_invalid',
    type: 'gauge',
    labels: [],
    help: '1 while the settings file has changed and is not valid: a webhook that starts now ends at once.',
  },
  eventsWritten: {
    name: 'rolechain_events_written_total',
    type: 'counter',
    labels: [],
    help: 'Writes of events: new ones, and counts of those that came again.',
  },
  eventsDropped: {
    name: 'rolechain_events_dropped_total',
    type: 'counter',
    labels: [],
    help: `Events that were not written: too many at once, of one namespace or in all, or the apiserver refused them or did not take them for ${LIMITS.eventWaitMs / 60_000} minutes.`,
  },
  cacheAge: {
    name: 'rolechain_cache_age_seconds',
    type: 'gauge',
    labels: ['cache'],
    help: 'Since when nothing was heard of the apiserver about what is kept. Above 90 it is not used: ServiceAccounts and Namespaces are asked for live. Absent until they were listed.',
  },
  lookups: {
    name: 'rolechain_live_lookups_total',
    type: 'counter',
    labels: ['cache', 'result'],
    help: 'Objects that the cache lacked and the apiserver was asked for; the result is ok or the code of the error.',
  },
  uninjected: {
    name: 'rolechain_uninjected_pods_total',
    type: 'counter',
    labels: [],
    help: 'Pods that the webhook left alone less than 30 s before it saw their ServiceAccount ask for a role. They run without a sidecar, unless the guard refused them, which the webhook does not learn of; one that is reviewed twice counts twice. `rolechain status` names those that run.',
  },
  accounts: {
    name: 'rolechain_service_accounts',
    type: 'gauge',
    labels: [],
    help: 'ServiceAccounts in the cache.',
  },
  limitRanges: {
    name: 'rolechain_limit_ranges',
    type: 'gauge',
    labels: [],
    help: 'LimitRanges in the cache.',
  },
  limitRangesKnown: {
    name: 'rolechain_limit_ranges_known',
    type: 'gauge',
    labels: [],
    help: '1 while LimitRanges are watched; 0: sidecars get their usual resources, whatever a LimitRange says.',
  },
} as const satisfies Record<string, MetricEntry>;
