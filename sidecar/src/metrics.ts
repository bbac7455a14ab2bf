import { Counter, Gauge, Registry } from 'prom-client';
import type { Fetched } from './keeper.ts';

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

/** A registry of its own, without the process's default metrics: they cost memory in every pod. */
export function makeMetrics(heldRequests: () => number, rolesNow: () => Iterable<RoleNow> = () => []): Metrics {
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
  const bridged = new Counter({
    name: 'rolechain_bridged_failures_total',
    help: 'Failures of a base identity or hop that kept credentials, still valid, have stood in for; by code.',
    labelNames: ['code'],
    registers,
  });
  new Gauge({
    name: 'rolechain_role_ready',
    help: 'Whether the role has valid credentials now: 1 or 0.',
    labelNames: ['role'],
    registers,
    collect() {
      for (const { role, ready } of rolesNow()) this.set({ role }, ready ? 1 : 0);
    },
  });
  new Gauge({
    name: 'rolechain_role_error',
    help: 'Always 1: the code of the error that the last fetch of the role ended with. Absent after a good one.',
    labelNames: ['role', 'code'],
    registers,
    collect() {
      this.reset();
      for (const { role, code } of rolesNow()) if (code !== undefined) this.set({ role, code }, 1);
    },
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
    bridged: (code) => bridged.inc({ code }),
    answered: (status) => requests.inc({ status: String(status) }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
