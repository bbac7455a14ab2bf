import { SIDECAR_METRICS } from '@rolechain/shared';
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

type Rows = typeof SIDECAR_METRICS;

/** What each metric of the table is now, by its own labels. */
type Now = { readonly [Row in keyof Rows]: Iterable<Value<Rows[Row]['labels'][number]>> };
type Value<Label extends string> = readonly [Readonly<Record<Label, string>>, number];

/**
 * Counts by itself, and loads prom-client when somebody asks: most pods' sidecars are never scraped. Without the process's
 * default metrics: they cost memory in every pod. `clockOffset`: in seconds, undefined while it isn't known.
 */
export function makeMetrics(
  heldRequests: () => number,
  rolesNow: () => Iterable<RoleNow> = () => [],
  clockOffset: () => number | undefined = () => undefined,
): Metrics {
  const expirations = makeValues<'role'>();
  const refreshes = makeValues<'role' | 'result'>();
  const bridged = makeValues<'code'>();
  const requests = makeValues<'status'>();
  const now = (): Now => {
    const roles = [...rolesNow()];
    const offset = clockOffset();
    return {
      expirations: expirations.all(),
      refreshes: refreshes.all(),
      bridged: bridged.all(),
      ready: roles.map(({ role, ready }) => [{ role }, ready ? 1 : 0]),
      error: roles.flatMap(({ role, code }) => (code === undefined ? [] : [[{ role, code }, 1]])),
      requests: requests.all(),
      held: [[{}, heldRequests()]],
      clockOffset: offset === undefined ? [] : [[{}, offset]],
    };
  };
  return {
    fetched: ({ role, error, session }) => {
      refreshes.add({ role, result: error?.code ?? 'ok' });
      if (session) expirations.set({ role }, Math.floor(session.expiresAt / 1000));
    },
    bridged: (code) => bridged.add({ code }),
    answered: (status) => requests.add({ status: String(status) }),
    text: () => write(now()),
    // Registry.PROMETHEUS_CONTENT_TYPE, which would load the library.
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
  };
}

async function write(now: Now): Promise<string> {
  const { Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  for (const [row, { type, name, help, labels: labelNames }] of Object.entries(SIDECAR_METRICS)) {
    const values = [...(now[row as keyof Now] as Iterable<Value<string>>)];
    // Without labels and value: prom-client would say 0.
    if (labelNames.length === 0 && values.length === 0) continue;
    const Metric = { counter: Counter, gauge: Gauge }[type];
    const metric = new Metric<string>({ name, help, labelNames, registers: [registry] });
    for (const [labels, value] of values) metric.inc(labels, value);
  }
  return registry.metrics();
}

interface Values<Label extends string> {
  set(labels: Readonly<Record<Label, string>>, value: number): void;
  add(labels: Readonly<Record<Label, string>>): void;
  all(): Iterable<Value<Label>>;
}

/** Values of one metric, by their labels. */
function makeValues<Label extends string>(): Values<Label> {
  const values = new Map<string, Value<Label>>();
  return {
    set: (labels, value) => void values.set(JSON.stringify(labels), [labels, value]),
    add: (labels) => {
      const key = JSON.stringify(labels);
      values.set(key, [labels, (values.get(key)?.[1] ?? 0) + 1]);
    },
    all: () => values.values(),
  };
}
