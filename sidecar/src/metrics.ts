import { Counter, Gauge, Registry } from 'prom-client';
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

/** A registry of its own, without the process's default metrics: they cost memory in every pod. */
export function makeMetrics(heldRequests: () => number): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  const expiration = new Gauge({
    name: 'rolechain_session_expiration_timestamp_seconds',
    help: 'When the session that is served ends, in seconds since 1970.',
    labelNames: ['role'],
    registers,
  });
  const refreshes = new Counter({
    name: 'rolechain_refreshes_total',
    help: 'Fetches of credentials by role; the result is ok or the code of the error.',
    labelNames: ['role', 'result'],
    registers,
  });
  const requests = new Counter({
    name: 'rolechain_requests_total',
    help: 'Answers of the credentials endpoint by HTTP status.',
    labelNames: ['status'],
    registers,
  });
  new Gauge({
    name: 'rolechain_held_requests',
    help: 'Requests that wait for credentials now.',
    registers,
    collect() {
      this.set(heldRequests());
    },
  });
  return {
    fetched: ({ role, error, session }) => {
      refreshes.inc({ role, result: error?.code ?? 'ok' });
      if (session) expiration.set({ role }, Math.floor(session.expiresAt / 1000));
    },
    answered: (status) => requests.inc({ status: String(status) }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
