import type { MetricEntry } from './entry.ts';

/** All that a scrape of the sidecar has, in this order. In a file of its own: it is in the bundle that every pod runs. */
export const SIDECAR_METRICS = {
  expirations: {
    name: 'rolechain_session_expiration_timestamp_seconds',
    type: 'gauge',
    labels: ['role'],
    help: 'When the session that is served ends, in seconds since 1970.',
  },
  refreshes: {
    name: 'rolechain_refreshes_total',
    type: 'counter',
    labels: ['role', 'result'],
    help: 'Fetches of credentials by role; the result is ok or the code of the error.',
  },
  bridged: {
    name: 'rolechain_bridged_failures_total',
    type: 'counter',
    labels: ['code'],
    help: 'Failures of a base identity or hop that kept credentials, still valid, have stood in for; by code.',
  },
  ready: {
    name: 'rolechain_role_ready',
    type: 'gauge',
    labels: ['role'],
    help: 'Whether the role has valid credentials now: 1 or 0.',
  },
  error: {
    name: 'rolechain_role_error',
    type: 'gauge',
    labels: ['role', 'code'],
    help: 'Always 1: the code of the error that the last fetch of the role ended with. Absent after a good one.',
  },
  requests: {
    name: 'rolechain_requests_total',
    type: 'counter',
    labels: ['status'],
    help: 'Answers of the credentials endpoint by HTTP status. Without those to a request that has no token and follows a refused one of the same client, as JavaScript sends after its tries.',
  },
  held: {
    name: 'rolechain_held_requests',
    type: 'gauge',
    labels: [],
    help: 'Requests that wait for credentials now.',
  },
  clockOffset: {
    name: 'rolechain_clock_offset_seconds',
    type: 'gauge',
    labels: [],
    help: "AWS's time less that of the node, in whole seconds: over 0 where the node's clock is behind. Absent until STS has said the time.",
  },
} as const satisfies Record<string, MetricEntry>;
