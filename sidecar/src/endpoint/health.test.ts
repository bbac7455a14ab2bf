import { CodedError, PORTS_HINT } from '@rolechain/shared';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { RoleOffer } from '../model/session.ts';
import { makeHealthServer, type EndpointProblem } from './health.ts';
import type { RoleRefresher } from '../refresh/role-refresher.ts';
import { listen } from './listen.ts';
import { makeMetrics, type Metrics } from '../telemetry/metrics.ts';
import type { RolePlan } from '../model/plan.ts';
import { rawRequest, sendRaw } from '../testing/raw-http.ts';
import { makeSession } from '../testing/sessions.ts';
import { makeSimClock } from '../testing/sim-clock.ts';

const clock = makeSimClock();
const plans: RolePlan[] = ['default', 'audit'].map((name) => ({
  name,
  startup: 'proceed',
  source: { type: 'pod-identity' },
  hops: [
    {
      roleARN: `arn:aws:iam::222222222222:role/${name}`,
      externalID: 'our-secret',
      sessionName: 's',
      durationSeconds: 3600,
      stsRegion: 'eu-central-1',
    },
  ],
}));

let problem: EndpointProblem | undefined;
const ports = { ports: { credentials: 28173, health: 28174 }, state: { problem: () => problem } };

let offers: Record<string, Partial<RoleOffer>>;
let metrics: Metrics;
let server: FastifyInstance;
let port: number;

beforeEach(async () => {
  offers = {};
  problem = undefined;
  metrics = makeMetrics(() => 3);
  const refreshers = new Map(
    plans.map(({ name }) => [
      name,
      { offer: () => ({ fetching: false, ...offers[name] }) } as unknown as RoleRefresher,
    ]),
  );
  server = makeHealthServer({ plans, refreshers, metrics, clock, ...ports });
  await listen(server, '127.0.0.1', 0);
  port = (server.server.address() as AddressInfo).port;
});
afterEach(() => server.close());

const get = (path: string) => sendRaw(port, rawRequest(path, { host: 'pod' }));
const SESSION = { session: makeSession(clock.now(), 10) };

test('/healthz says that the process answers', async () => {
  expect((await get('/healthz')).status).toBe(200);
});

test('/readyz: every role has valid credentials, or the list of those that have none', async () => {
  offers = { default: SESSION, audit: { error: new CodedError('StsAccessDenied') } };
  const waiting = await get('/readyz');
  expect([waiting.status, JSON.parse(waiting.body)]).toEqual([
    503,
    { ready: false, waiting: { audit: 'StsAccessDenied' } },
  ]);
  offers = { default: SESSION, audit: SESSION };
  const ready = await get('/readyz');
  expect([ready.status, JSON.parse(ready.body)]).toEqual([200, { ready: true, waiting: {} }]);
});

test('/status: ports, whom they are in the way, and why the credentials endpoint does not listen', async () => {
  const told = async (): Promise<unknown> => (JSON.parse((await get('/status')).body) as { ports: unknown }).ports;
  const withMore = { code: 'ListenFailed', message: 'Cannot listen.', fix: 'Declare it.', codeFix: 'not told' };
  problem = withMore;
  expect(await told()).toEqual({
    credentials: { port: 28173, error: { code: 'ListenFailed', message: 'Cannot listen.', fix: 'Declare it.' } },
    health: { port: 28174 },
    hint: expect.stringMatching(/EADDRINUSE.*Declare it in/),
  });
  problem = undefined;
  expect(await told()).toMatchObject({ credentials: { port: 28173 } });
  expect(JSON.stringify(await told())).not.toContain('ListenFailed');
});

test('/status: state, seconds left, hops and error of each role, no secret', async () => {
  const error = new CodedError('StsUnreachable', 'ECONNREFUSED.');
  offers = { default: { ...SESSION, error } };
  const { status, body } = await get('/status');
  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual({
    version: 1,
    clock: {},
    ports: { credentials: { port: 28173 }, health: { port: 28174 }, hint: PORTS_HINT },
    roles: {
      default: {
        state: 'valid',
        source: 'pod-identity',
        hops: ['arn:aws:iam::222222222222:role/default'],
        secondsLeft: 600,
        error: { code: 'StsUnreachable', message: error.message, fix: error.fix },
      },
      audit: { state: 'fetching', source: 'pod-identity', hops: ['arn:aws:iam::222222222222:role/audit'] },
    },
  });
  offers = { default: { session: makeSession(clock.now(), 0), error } };
  expect(JSON.parse((await get('/status')).body)).toMatchObject({ roles: { default: { state: 'failing' } } });
  expect(body).not.toMatch(/our-secret|ASIAX|"secret"|"session"/);
});

test('/status: a failure that kept credentials stood in for is told with the session that they gave', async () => {
  const bridged = new CodedError('AgentUnreachable', 'ECONNREFUSED.');
  const { code, message, fix } = bridged;
  const of = async (offer: Partial<RoleOffer>): Promise<unknown> => {
    offers = { default: offer };
    return (JSON.parse((await get('/status')).body) as { roles: { default: unknown } }).roles.default;
  };
  const session = { ...makeSession(clock.now(), 10), bridged };
  expect(await of({ session })).toMatchObject({
    state: 'valid',
    secondsLeft: 600,
    error: { code, message, fix, bridged: true },
  });
  // The error of a later fetch is newer, and what was bridged for a session ends with it.
  const error = new CodedError('StsThrottled');
  expect(await of({ session, error })).toMatchObject({ error: { code: 'StsThrottled' } });
  expect(await of({ session, error })).not.toMatchObject({ error: { bridged: true } });
  expect(await of({ session: { ...makeSession(clock.now(), 0), bridged } })).not.toHaveProperty('error');
  expect((await get('/readyz')).status).toBe(503);
});

test('/metrics in the form of Prometheus', async () => {
  const event = { role: 'default', failures: 0, nextAt: 0, session: makeSession(clock.now(), 10) };
  metrics.fetched(event);
  metrics.fetched({ ...event, error: new CodedError('StsThrottled') });
  metrics.answered(200);
  metrics.answered(503);
  metrics.answered(200);
  const { body, headers } = await get('/metrics');
  expect(headers['content-type']).toContain('version=0.0.4');
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines.sort()).toEqual([
    'rolechain_held_requests 3',
    'rolechain_refreshes_total{role="default",result="StsThrottled"} 1',
    'rolechain_refreshes_total{role="default",result="ok"} 1',
    'rolechain_requests_total{status="200"} 2',
    'rolechain_requests_total{status="503"} 1',
    `rolechain_session_expiration_timestamp_seconds{role="default"} ${clock.now() / 1000 + 600}`,
  ]);
});

test('/metrics is written once for all whose requests are there at a time', async () => {
  const { text } = metrics;
  let written = 0;
  metrics = {
    ...metrics,
    text: () => {
      written += 1;
      return text();
    },
  };
  await server.close();
  server = makeHealthServer({ plans, refreshers: new Map(), metrics, clock, ...ports });
  await listen(server, '127.0.0.1', 0);
  port = (server.server.address() as AddressInfo).port;
  const socket = connect(port, '127.0.0.1');
  const request = rawRequest('/metrics', { host: 'pod', connection: 'keep-alive' });
  socket.write(request + request);
  let all = '';
  while ((all.match(/rolechain_held_requests 3/g) ?? []).length < 2) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    all += String(chunk);
  }
  socket.destroy();
  expect(written).toBe(1);
});

test('credentials are not here', async () => {
  expect((await get('/v1/credentials')).status).toBe(404);
});

test('/metrics says which role has no credentials, and why', async () => {
  const roles = [
    { role: 'default', ready: true },
    { role: 'audit', ready: false, code: 'StsAccessDenied' },
  ];
  const gauges = makeMetrics(
    () => 0,
    () => roles,
  );
  gauges.bridged('AgentUnreachable');
  const text = await gauges.text();
  expect(text).toContain('rolechain_role_ready{role="default"} 1');
  expect(text).toContain('rolechain_role_ready{role="audit"} 0');
  expect(text).toContain('rolechain_role_error{role="audit",code="StsAccessDenied"} 1');
  expect(text).toContain('rolechain_bridged_failures_total{code="AgentUnreachable"} 1');
  roles.pop();
  expect(await gauges.text()).not.toContain('StsAccessDenied');
});

test('/status and /metrics tell the offset of the node’s clock, once STS has said the time', async () => {
  const node = makeSimClock();
  node.jump(-50 * 60_000);
  const offset = (): number | undefined => (node.known() ? Math.round(node.offset() / 1000) : undefined);
  await server.close();
  metrics = makeMetrics(
    () => 0,
    () => [],
    offset,
  );
  server = makeHealthServer({ plans: [], refreshers: new Map(), metrics, clock: node, ...ports });
  await listen(server, '127.0.0.1', 0);
  port = (server.server.address() as AddressInfo).port;
  const told = async (): Promise<unknown> => (JSON.parse((await get('/status')).body) as { clock: unknown }).clock;
  expect(await told()).toEqual({});
  expect((await get('/metrics')).body).not.toContain('rolechain_clock_offset_seconds');
  node.hear(0);
  // Whole seconds: STS tells no more.
  expect(JSON.stringify(await told())).toMatch(/^\{"offsetSeconds":300[01]\}$/);
  expect((await get('/metrics')).body).toMatch(/^rolechain_clock_offset_seconds 300[01]$/m);
});
