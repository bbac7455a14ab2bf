/** Health, status and metrics, on the pod's IP. No secret is ever here: anything in the cluster may ask. */
import { Buffer } from 'node:buffer';
import {
  LIMITS,
  PATHS,
  PORTS_HINT,
  type ClockStatus,
  type PortsStatus,
  type RoleStatus,
  type SidecarConfig,
  type SidecarStatus,
} from '@rolechain/shared';
import { fastify, type FastifyInstance } from 'fastify';
import type { AwsClock } from '../sts/aws-clock.ts';
import { boundConnections } from './idle-connections.ts';
import type { RoleRefresher } from '../refresh/role-refresher.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { RolePlan } from '../model/plan.ts';
import { onceATurn } from './once-a-turn.ts';
import { HTTP_OPTIONS } from './http-options.ts';
import { isValid } from '../model/session.ts';

/** Why the credentials endpoint does not listen. */
export interface EndpointProblem {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

export interface HealthOptions {
  readonly plans: readonly RolePlan[];
  readonly refreshers: ReadonlyMap<string, RoleRefresher>;
  readonly metrics: Metrics;
  readonly clock: Pick<AwsClock, 'now' | 'known' | 'offset'>;
  readonly ports: SidecarConfig['ports'];
  /** Undefined where it does, or has only just been asked to. */
  readonly state: { readonly problem: () => EndpointProblem | undefined };
}

/** As fastify names it for an object. */
const JSON_TYPE = 'application/json; charset=utf-8';

/** The server, not yet listening. What is costly to write is written once for all who ask in one turn, and they share its bytes. */
export function makeHealthServer(options: HealthOptions): FastifyInstance {
  const { metrics, clock } = options;
  const server = fastify(HTTP_OPTIONS);
  boundConnections(server.server, LIMITS.sidecarConnections.health);
  server.get(PATHS.healthz, () => ({ status: 'ok' }));
  const status = onceATurn(() => statusOf(options, clock.now()));
  const statusText = onceATurn(() => {
    const ports = portsStatus(options);
    const shown: SidecarStatus = { version: 1, clock: clockStatus(clock), ports, roles: status() };
    return Buffer.from(JSON.stringify(shown));
  });
  const metricsText = onceATurn(async () => Buffer.from(await metrics.text()));
  server.get(PATHS.readyz, (_request, reply) => {
    const without = Object.entries(status()).filter(([, role]) => role.state !== 'valid');
    const waiting = Object.fromEntries(without.map(([name, role]) => [name, role.error?.code ?? 'NotReady']));
    return reply.code(without.length === 0 ? 200 : 503).send({ ready: without.length === 0, waiting });
  });
  server.get(PATHS.status, (_request, reply) => reply.type(JSON_TYPE).send(statusText()));
  server.get(PATHS.metrics, async (_request, reply) => reply.type(metrics.contentType).send(await metricsText()));
  return server;
}

/** As /status shows it. STS tells whole seconds. */
function clockStatus({ known, offset }: HealthOptions['clock']): ClockStatus {
  return known() ? { offsetSeconds: Math.round(offset() / 1000) } : {};
}

function portsStatus({ ports, state }: Pick<HealthOptions, 'ports' | 'state'>): PortsStatus {
  const problem = state.problem();
  const error = problem && { code: problem.code, message: problem.message, fix: problem.fix };
  const credentials = { port: ports.credentials, ...(error ? { error } : {}) };
  return { credentials, health: { port: ports.health }, hint: PORTS_HINT };
}

/** Every role, as /status shows it. */
export function statusOf({ plans, refreshers }: HealthOptions, now: number): Record<string, RoleStatus> {
  return Object.fromEntries(plans.map((plan) => [plan.name, roleStatus(plan, refreshers.get(plan.name), now)]));
}

function roleStatus(plan: RolePlan, refresher: RoleRefresher | undefined, now: number): RoleStatus {
  const { session, error } = refresher?.offer() ?? {};
  const valid = isValid(session, now);
  const bridged = error === undefined && valid ? session.bridged : undefined;
  const told = error ?? bridged;
  return {
    state: valid ? 'valid' : error ? 'failing' : 'fetching',
    source: plan.source?.type ?? 'web-identity',
    hops: plan.hops.map((hop) => hop.roleARN),
    ...(valid ? { secondsLeft: Math.floor((session.expiresAt - now) / 1000) } : {}),
    ...(told
      ? { error: { code: told.code, message: told.message, fix: told.fix, ...(bridged ? { bridged: true } : {}) } }
      : {}),
  };
}
