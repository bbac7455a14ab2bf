import type { Fetched } from './keeper.ts';

export interface Metrics {
  /** Counts the end of a fetch. */
  fetched(event: Fetched): void;
  /** Counts an answer of the credentials endpoint. */
  answered(status: number): void;
  /** Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

type Labels = Readonly<Record<string, string>>;

/** Values of one metric, by their labels. */
interface Values {
  set(labels: Labels, value: number): void;
  add(labels: Labels): void;
  all(): Iterable<readonly [Labels, number]>;
}

/**
 * Counts by itself, and loads prom-client when somebody asks: most pods' sidecars are never scraped. Without the process's
 * default metrics: they cost memory in every pod.
 */
export function makeMetrics(heldRequests: () => number): Metrics {
  const expirations = makeValues();
  const refreshes = makeValues();
  const requests = makeValues();
  return {
    fetched: ({ role, error, session }) => {
      refreshes.add({ role, result: error?.code ?? 'ok' });
      if (session) expirations.set({ role }, Math.floor(session.expiresAt / 1000));
    },
    answered: (status) => requests.add({ status: String(status) }),
    text: () => write({ expirations, refreshes, requests, held: heldRequests() }),
    // Registry.PROMETHEUS_CONTENT_TYPE, which would load the library.
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
  };
}

interface Counted {
  readonly expirations: Values;
  readonly refreshes: Values;
  readonly requests: Values;
  readonly held: number;
}

async function write({ expirations, refreshes, requests, held }: Counted): Promise<string> {
  const { Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  const expiration = new Gauge({
    name: 'rolechain_session_expiration_timestamp_seconds',
    help: 'When the session that is served ends, in seconds since 1970.',
    labelNames: ['role'],
    registers,
  });
  for (const [labels, value] of expirations.all()) expiration.set(labels, value);
  const refreshed = new Counter({
    name: 'rolechain_refreshes_total',
    help: 'Fetches of credentials by role; the result is ok or the code of the error.',
    labelNames: ['role', 'result'],
    registers,
  });
  for (const [labels, count] of refreshes.all()) refreshed.inc(labels, count);
  const answered = new Counter({
    name: 'rolechain_requests_total',
    help: 'Answers of the credentials endpoint by HTTP status.',
    labelNames: ['status'],
    registers,
  });
  for (const [labels, count] of requests.all()) answered.inc(labels, count);
  const heldNow = new Gauge({
    name: 'rolechain_held_requests',
    help: 'Requests that wait for credentials now.',
    registers,
  });
  heldNow.set(held);
  return registry.metrics();
}

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
