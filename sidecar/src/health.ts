/** Health, status and metrics, on the pod's IP. No secret is ever here: anything in the cluster may ask. */
import { LIMITS, PATHS } from '@rolechain/shared';
import { fastify, type FastifyInstance } from 'fastify';
import type { Clock } from './clock.ts';
import { capIdleConnections } from './connections.ts';
import type { Keeper } from './keeper.ts';
import type { Metrics } from './metrics.ts';
import type { RolePlan } from './plan.ts';
import { HTTP_OPTIONS } from './server.ts';
import { isValid } from './session.ts';

export interface HealthOptions {
  readonly plans: readonly RolePlan[];
  readonly keepers: ReadonlyMap<string, Keeper>;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** How a role stands. `failing`: no valid credentials, and the last fetch went wrong. */
export type RoleHealth = 'valid' | 'fetching' | 'failing';

/** A role on /status. */
export interface RoleStatus {
  readonly state: RoleHealth;
  /** The base identity's; `web-identity` where the target is reached by it alone. */
  readonly source: string;
  /** Role ARNs, the last one the target. */
  readonly hops: readonly string[];
  /** Of the session that is served. */
  readonly secondsLeft?: number;
  /**
   * Of the last fetch, even while an older session is still valid. `bridged`: the session is of that fetch all the same,
   * since kept credentials of the base identity or a hop stood in.
   */
  readonly error?: { readonly code: string; readonly message: string; readonly fix: string; readonly bridged?: true };
}

/** The server, not yet listening. */
export function makeHealthServer(options: HealthOptions): FastifyInstance {
  const { metrics, clock } = options;
  const server = fastify(HTTP_OPTIONS);
  capIdleConnections(server.server, LIMITS.idleConnections.health);
  server.get(PATHS.healthz, () => ({ status: 'ok' }));
  server.get(PATHS.readyz, (_request, reply) => {
    const without = Object.entries(statusOf(options, clock.now())).filter(([, role]) => role.state !== 'valid');
    const waiting = Object.fromEntries(without.map(([name, role]) => [name, role.error?.code ?? 'NotReady']));
    return reply.code(without.length === 0 ? 200 : 503).send({ ready: without.length === 0, waiting });
  });
  server.get(PATHS.status, () => ({ version: 1, roles: statusOf(options, clock.now()) }));
  server.get(PATHS.metrics, async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  return server;
}

/** Every role, as /status shows it. */
export function statusOf({ plans, keepers }: HealthOptions, now: number): Record<string, RoleStatus> {
  return Object.fromEntries(plans.map((plan) => [plan.name, roleStatus(plan, keepers.get(plan.name), now)]));
}

function roleStatus(plan: RolePlan, keeper: Keeper | undefined, now: number): RoleStatus {
  const { session, error } = keeper?.offer() ?? {};
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
