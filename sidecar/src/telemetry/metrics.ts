import type { Fetched } from '../refresh/role-refresher.ts';

export interface Metrics {
  /** Counts the end of a fetch. */
  fetched(event: Fetched): void;
  /** Counts a failure that kept credentials have stood in for. */
  bridged(code: string): void;
  /** Counts an answer of the credentials endpoint. */
  answered(status: number): void;
  /** Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** How a role stands now; `code` is of the last fetch's error, whether or not an older session is served. */
export interface RoleNow {
  readonly role: string;
  readonly ready: boolean;
  readonly code?: string | undefined;
}

type Labels = Readonly<Record<string, string>>;

/** One metric as it stands now. */
interface Metric {
  readonly type: 'Counter' | 'Gauge';
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  readonly values: Iterable<readonly [Labels, number]>;
}

/**
 * Counts by itself, and loads prom-client when somebody asks: most pods' sidecars are never scraped. Without the process's
 * default metrics: they cost memory in every pod. `clockOffset`: in seconds, undefined while it isn't known.
 */
export function makeMetrics(
  heldRequests: () => number,
  rolesNow: () => Iterable<RoleNow> = () => [],
  clockOffset: () => number | undefined = () => undefined,
): Metrics {
  const expirations = makeValues();
  const refreshes = makeValues();
  const bridged = makeValues();
  const requests = makeValues();
  const metrics = (): Metric[] => {
    const roles = [...rolesNow()];
    const offset = clockOffset();
    return [
      {
        type: 'Gauge',
        name: 'rolechain_session_expiration_timestamp_seconds',
        help: 'When the session that is served ends, in seconds since 1970.',
        labelNames: ['role'],
        values: expirations.all(),
      },
      {
        type: 'Counter',
        name: 'rolechain_refreshes_total',
        help: 'Fetches of credentials by role; the result is ok or the code of the error.',
        labelNames: ['role', 'result'],
        values: refreshes.all(),
      },
      {
        type: 'Counter',
        name: 'rolechain_bridged_failures_total',
        help: 'Failures of a base identity or hop that kept credentials, still valid, have stood in for; by code.',
        labelNames: ['code'],
        values: bridged.all(),
      },
      {
        type: 'Gauge',
        name: 'rolechain_role_ready',
        help: 'Whether the role has valid credentials now: 1 or 0.',
        labelNames: ['role'],
        values: roles.map(({ role, ready }) => [{ role }, ready ? 1 : 0]),
      },
      {
        type: 'Gauge',
        name: 'rolechain_role_error',
        help: 'Always 1: the code of the error that the last fetch of the role ended with. Absent after a good one.',
        labelNames: ['role', 'code'],
        values: roles.flatMap(({ role, code }) => (code === undefined ? [] : [[{ role, code }, 1]])),
      },
      {
        type: 'Counter',
        name: 'rolechain_requests_total',
        help: 'Answers of the credentials endpoint by HTTP status.',
        labelNames: ['status'],
        values: requests.all(),
      },
      {
        type: 'Gauge',
        name: 'rolechain_held_requests',
        help: 'Requests that wait for credentials now.',
        values: [[{}, heldRequests()]],
      },
      ...(offset === undefined ? [] : [clockMetric(offset)]),
    ];
  };
  return {
    fetched: ({ role, error, session }) => {
      refreshes.add({ role, result: error?.code ?? 'ok' });
      if (session) expirations.set({ role }, Math.floor(session.expiresAt / 1000));
    },
    bridged: (code) => bridged.add({ code }),
    answered: (status) => requests.add({ status: String(status) }),
    text: () => write(metrics()),
    // Registry.PROMETHEUS_CONTENT_TYPE, which would load the library.
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
  };
}

function clockMetric(offset: number): Metric {
  return {
    type: 'Gauge',
    name: 'rolechain_clock_offset_seconds',
    help: "AWS's time less that of the node, in whole seconds: over 0 where the node's clock is behind. Absent until STS has said the time.",
    values: [[{}, offset]],
  };
}

async function write(metrics: readonly Metric[]): Promise<string> {
  const { Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  for (const { type, name, help, labelNames = [], values } of metrics) {
    const metric = new { Counter, Gauge }[type]({ name, help, labelNames, registers: [registry] });
    for (const [labels, value] of values) metric.inc(labels, value);
  }
  return registry.metrics();
}

interface Values {
  set(labels: Labels, value: number): void;
  add(labels: Labels): void;
  all(): Iterable<readonly [Labels, number]>;
}

/** Values of one metric, by their labels. */
function makeValues(): Values {
  const values = new Map<string, [Labels, number]>();
  return {
    set: (labels, value) => void values.set(JSON.stringify(labels), [labels, value]),
    add: (labels) => {
      const key = JSON.stringify(labels);
      values.set(key, [labels, (values.get(key)?.[1] ?? 0) + 1]);
    },
    all: () => values.values(),
  };
}
