/** The Grafana dashboard, from a table of its panels: one JSON for the kustomize component and the chart. Pure. */

export interface Panel {
  readonly title: string;
  /** What a high or low value means, in one sentence. */
  readonly text: string;
  readonly unit: 'short' | 's' | 'reqps' | 'percentunit';
  /** Each with the legend of its series. */
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const query = (expr: string, legend: string): Panel['queries'][number] => ({ expr, legend });
const quantile = (q: number): string =>
  `histogram_quantile(${q}, sum by (le) (rate(rolechain_admission_duration_seconds_bucket[$__rate_interval])))`;

export const ROWS: readonly Row[] = [
  {
    title: 'Webhook',
    panels: [
      {
        title: 'Reviews by outcome',
        text: 'Refused ones have a reason in the next panel.',
        unit: 'reqps',
        queries: [query('sum by (outcome) (rate(rolechain_admissions_total[$__rate_interval]))', '{{outcome}}')],
      },
      {
        title: 'Refusals by reason',
        text: 'docs/pods.md has each code, its cause and its fix.',
        unit: 'reqps',
        queries: [
          query(
            'sum by (reason) (rate(rolechain_admissions_total{outcome="refused"}[$__rate_interval]))',
            '{{reason}}',
          ),
        ],
      },
      {
        title: 'Time to answer a review',
        text: 'The apiserver gives up after 2 s, and goes on without the webhook.',
        unit: 's',
        queries: [query(quantile(0.5), 'p50'), query(quantile(0.99), 'p99')],
      },
      {
        title: 'Failed reviews and look-ups',
        text: 'By error code. A failed review lets a pod pass that asks for nothing.',
        unit: 'reqps',
        queries: [
          query('sum by (code) (rate(rolechain_admission_errors_total[$__rate_interval]))', '{{code}}'),
          query(
            'sum by (cache, result) (rate(rolechain_live_lookups_total[$__rate_interval]))',
            '{{cache}}: {{result}}',
          ),
        ],
      },
      {
        title: 'How old the caches are',
        text: 'Above 90 s a cache is not used, and each review asks live.',
        unit: 's',
        queries: [query('max by (cache) (rolechain_cache_age_seconds)', '{{cache}}')],
      },
      {
        title: 'Objects in the caches',
        text: 'Of all replicas the most.',
        unit: 'short',
        queries: [
          query('max(rolechain_service_accounts)', 'ServiceAccounts'),
          query('max(rolechain_limit_ranges)', 'LimitRanges'),
        ],
      },
      {
        title: 'Time until the certificate ends',
        text: 'It is renewed with 30 days left.',
        unit: 's',
        queries: [query('min(rolechain_certificate_expiration_timestamp_seconds - time())', 'certificate')],
      },
      {
        title: 'Trusted by apiservers',
        text: '0: apiservers go on without the webhook.',
        unit: 'short',
        queries: [query('min by (kind) (rolechain_webhook_configuration_trusts)', '{{kind}}')],
      },
      {
        title: 'Pods that slipped, and events',
        text: 'Pods that were left alone just before their annotation was seen; events written and dropped.',
        unit: 'short',
        queries: [
          query('sum(increase(rolechain_uninjected_pods_total[$__rate_interval]))', 'slipped'),
          query('sum(increase(rolechain_events_written_total[$__rate_interval]))', 'events'),
          query('sum(increase(rolechain_events_dropped_total[$__rate_interval]))', 'events dropped'),
        ],
      },
    ],
  },
  {
    title: 'Sidecars',
    panels: [
      {
        title: 'Roles with and without credentials',
        text: 'Of all pods.',
        unit: 'short',
        queries: [
          query('count(rolechain_role_ready == 1) or vector(0)', 'with'),
          query('count(rolechain_role_ready == 0) or vector(0)', 'without'),
        ],
      },
      {
        title: 'Time until the next session ends',
        text: 'Of the 10 roles that end first. A session is fetched again well before.',
        unit: 's',
        queries: [
          query(
            'bottomk(10, rolechain_session_expiration_timestamp_seconds - time())',
            '{{namespace}}/{{pod}} {{role}}',
          ),
        ],
      },
      {
        title: 'Fetches by result',
        text: 'docs/errors.md has each code, its cause and its fix.',
        unit: 'reqps',
        queries: [query('sum by (result) (rate(rolechain_refreshes_total[$__rate_interval]))', '{{result}}')],
      },
      {
        title: 'Answers of the endpoint by status',
        text: '503: credentials are not there yet; 401 and 403: a token is wrong.',
        unit: 'reqps',
        queries: [query('sum by (status) (rate(rolechain_requests_total[$__rate_interval]))', '{{status}}')],
      },
      {
        title: 'Roles by error',
        text: 'The code that the last fetch ended with.',
        unit: 'short',
        queries: [query('sum by (code) (rolechain_role_error)', '{{code}}')],
      },
      {
        title: 'Requests that wait, and the clock',
        text: 'Requests that are held for credentials; the largest offset of a node from the time of AWS, in seconds.',
        unit: 'short',
        queries: [
          query('sum(rolechain_held_requests)', 'held'),
          query('max(abs(rolechain_clock_offset_seconds))', 'clock'),
        ],
      },
    ],
  },
];

const WIDTH = 8;
const HEIGHT = 8;
const COLUMNS = 24 / WIDTH;
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** Grafana's own form (schemaVersion 39), as `grafana_dashboard` ConfigMaps hold it. */
export function dashboard(): object {
  let y = 0;
  let id = 0;
  const panels = ROWS.flatMap((row) => {
    const head = { id: ++id, type: 'row', title: row.title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 } };
    const below = row.panels.map((panel, index) => ({
      id: ++id,
      ...timeSeries(panel),
      gridPos: {
        x: (index % COLUMNS) * WIDTH,
        y: y + 1 + Math.floor(index / COLUMNS) * HEIGHT,
        w: WIDTH,
        h: HEIGHT,
      },
    }));
    y += 1 + Math.ceil(row.panels.length / COLUMNS) * HEIGHT;
    return [head, ...below];
  });
  const datasource = { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' };
  return {
    ...{ uid: 'rolechain', title: 'rolechain', tags: ['rolechain'], schemaVersion: 39, editable: true },
    ...{ time: { from: 'now-6h', to: 'now' }, refresh: '1m', templating: { list: [datasource] } },
    panels,
  };
}

function timeSeries({ title, text, unit, queries }: Panel): object {
  const targets = queries.map(({ expr, legend }, index) => ({
    ...{ refId: String.fromCharCode(65 + index), datasource: DATASOURCE, expr, legendFormat: legend },
  }));
  const fieldConfig = { defaults: { unit, min: 0, custom: { fillOpacity: 10 } }, overrides: [] };
  return { type: 'timeseries', title, description: text, datasource: DATASOURCE, fieldConfig, targets };
}
