import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket, type AddressInfo } from 'node:net';
import { eventually } from '@rolechain/kit/until.ts';
import { LIMITS } from '@rolechain/shared';
import type { FastifyInstance } from 'fastify';
import { digestTokens } from './answer.ts';
import { makeAwsClock } from '../sts/aws-clock.ts';
import { systemClock } from '../model/clock.ts';
import { makeRoleRefresher, type RoleRefresher } from '../refresh/role-refresher.ts';
import { listen } from './listen.ts';
import { makeResponder, type Responder } from './responder.ts';
import { makeServer } from './server.ts';
import { rawRequest, sendRaw, type RawAnswer } from '../testing/raw-http.ts';
import { makeSession } from '../testing/sessions.ts';

const TOKEN = 'a'.repeat(43);

const defects: string[] = [];
let server: FastifyInstance;
let responder: Responder;
let refresher: RoleRefresher;
let port: number;
let fetchSession: () => Promise<ReturnType<typeof makeSession>>;

beforeEach(async () => {
  fetchSession = async () => makeSession(Date.now(), 60);
  await start();
});
afterEach(stop);

const clock = makeAwsClock(systemClock);

async function stop(): Promise<void> {
  refresher.stop();
  responder.close();
  await server.close();
}

/** From here on the first session never comes. */
async function startAnew(): Promise<void> {
  await stop();
  fetchSession = () => new Promise(() => undefined);
  await start();
}

async function start(): Promise<void> {
  refresher = makeRoleRefresher({ role: 'default', fetch: () => fetchSession(), clock, onFetched: () => undefined });
  // The port is known only once the server listens, and Host may leave it out.
  const config = { port: 0, ...digestTokens(new Map([['default', { token: TOKEN }]])), accountIDs: new Map() };
  responder = makeResponder({ refreshers: new Map([['default', refresher]]), clock });
  responder.open(config);
  server = makeServer(responder, (error) => defects.push(error.code));
  await listen(server, '127.0.0.1', 0);
  port = (server.server.address() as AddressInfo).port;
  refresher.start();
}

function ask(
  path = '/v1/credentials',
  headers: Record<string, string> = {},
  method = 'GET',
  body = '',
): Promise<RawAnswer> {
  return sendRaw(port, rawRequest(path, { host: '127.0.0.1', authorization: TOKEN, ...headers }, method, body));
}

const codeOf = ({ status, body }: RawAnswer): string =>
  `${status} ${(JSON.parse(body) as { Code?: string }).Code ?? ''}`;

test('credentials on the wire', async () => {
  const answer = await ask();
  expect(answer.status).toBe(200);
  const { date, ...headers } = answer.headers;
  expect(headers).toEqual({
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': String(answer.body.length),
    connection: 'close',
  });
  expect(Date.parse(date ?? '')).not.toBeNaN();
  expect(Object.keys(JSON.parse(answer.body) as object)).toEqual([
    'AccessKeyId',
    'SecretAccessKey',
    'Token',
    'Expiration',
  ]);
});

test.each<[string, () => Promise<RawAnswer>, string]>([
  ['another Host', () => ask('/v1/credentials', { host: 'localhost' }), '403 HostForbidden'],
  ['no Host', () => sendRaw(port, `GET /v1/credentials HTTP/1.1\r\nconnection: close\r\n\r\n`), '403 HostForbidden'],
  ['HTTP/1.0 without Host', () => sendRaw(port, 'GET / HTTP/1.0\r\n\r\n'), '403 HostForbidden'],
  ['another path', () => ask('/'), '404 PathUnknown'],
  ['a path that is no URL', () => ask('/%zz'), '404 PathUnknown'],
  ['a path of the framework', () => ask('/*'), '404 PathUnknown'],
  ['a long path', () => ask(`/${'x'.repeat(4000)}`), '404 PathUnknown'],
  ['POST', () => ask('/v1/credentials', {}, 'POST'), '405 MethodNotAllowed'],
  [
    'POST of broken JSON',
    () => ask('/v1/credentials', { 'content-type': 'application/json' }, 'POST', '{'),
    '405 MethodNotAllowed',
  ],
  [
    'POST of an unknown type',
    () => ask('/v1/credentials', { 'content-type': 'x/y' }, 'POST', 'zzz'),
    '405 MethodNotAllowed',
  ],
  ['POST that is too large', () => ask('/v1/credentials', {}, 'POST', 'z'.repeat(5000)), '405 MethodNotAllowed'],
  ['OPTIONS', () => ask('/v1/credentials', {}, 'OPTIONS'), '405 MethodNotAllowed'],
  ['a method that the framework does not know', () => ask('/v1/credentials', {}, 'PURGE'), '405 MethodNotAllowed'],
  ['a version that is accepted', () => ask('/v1/credentials', { 'accept-version': '2', accept: 'text/html' }), '200 '],
  ['no token', () => ask('/v1/credentials', { authorization: '' }), '401 TokenMissing'],
  ['another token', () => ask('/v1/credentials', { authorization: 'x' }), '401 TokenUnknown'],
  ['another role', () => ask('/v1/credentials/other'), '403 RoleForbidden'],
  ['a role that is no URL, with a token', () => ask('/v1/credentials/%zz'), '403 RoleForbidden'],
  ['what is no HTTP', () => sendRaw(port, 'hello\r\n\r\n'), '400 RequestMalformed'],
  ['headers that are too large', () => ask('/v1/credentials', { x: 'y'.repeat(20_000) }), '400 RequestMalformed'],
])('%s', async (_name, send, expected) => {
  const answer = await send();
  expect(codeOf(answer)).toBe(expected);
  // Go's SDK reads a code only behind exactly this type.
  expect(answer.headers['content-type']).toBe('application/json');
  expect(answer.headers).not.toHaveProperty('x-powered-by');
});

test('a defect is answered as one, and reported', async () => {
  await stop();
  responder = { ...responder, respond: () => Promise.reject(new TypeError('words')) };
  server = makeServer(responder, (error) => defects.push(error.code));
  await listen(server, '127.0.0.1', 0);
  port = (server.server.address() as AddressInfo).port;
  const answer = await ask();
  expect(codeOf(answer)).toBe('500 InternalError');
  expect(answer.body).not.toContain('words');
  expect(defects).toEqual(['InternalError']);
});

test('connections over the cap: the oldest silent one gives way', async () => {
  const silent: Socket[] = [];
  // One by one: of many at once the kernel may call some open that the server has not got yet.
  for (let i = 0; i < LIMITS.sidecarConnections.credentials.idle; i++) {
    const seen = once(server.server, 'connection');
    silent.push(connect(port, '127.0.0.1').on('error', () => undefined));
    await seen;
  }
  expect((await ask()).status).toBe(200);
  for (const socket of silent) socket.destroy();
});

test('HEAD: the status and headers of a method that is not allowed, no body', async () => {
  const answer = await ask('/v1/credentials', {}, 'HEAD');
  expect(answer).toMatchObject({
    status: 405,
    headers: { allow: 'GET', 'content-type': 'application/json' },
    body: '',
  });
});

test('503 says when to come again', async () => {
  await startAnew();
  const answer = await ask();
  expect(codeOf(answer)).toBe('503 NotReady');
  expect(answer.headers['retry-after']).toBe('1');
});

test('a connection that is kept alive answers again, and says for how long', async () => {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  const bytes = rawRequest('/v1/credentials', { host: '127.0.0.1', authorization: TOKEN, connection: 'keep-alive' });
  socket.write(bytes + bytes);
  while ((text.match(/Expiration/g) ?? []).length < 2) await once(socket, 'data');
  socket.destroy();
  expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  expect(text).toMatch(/keep-alive: timeout=5/i);
});

test('closing: a held request on a connection to be kept is answered, and nothing waits for its client', async () => {
  await startAnew();
  const status = new Promise<number | undefined>((resolve, reject) => {
    // As Node's own clients do it by default, the connection is meant for more.
    const headers = { host: '127.0.0.1', authorization: TOKEN, connection: 'keep-alive' };
    const call = request({ port, host: '127.0.0.1', path: '/v1/credentials', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('error', reject);
    call.end();
  });
  // Nothing but the end of the server closes it now: anyone who waited for the client would wait for ever.
  server.server.keepAliveTimeout = 0;
  server.server.timeout = 0;
  await eventually('a request is held', () => responder.held() > 0, { everyMs: 5 });
  responder.close();
  const closed = server.close();
  expect(await status).toBe(503);
  await closed;
});
