/** The admission server's connections: how long they last, and with which certificate. */
import { once } from 'node:events';
import { Agent, createServer as createTLSServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket, type ConnectionOptions } from 'node:tls';
import { runs } from '@rolechain/kit/runs.ts';
import { setCertificate, type ServerOptions } from './server.ts';
import { plainPod } from '../testing/fixtures.ts';
import { SERVER_NAME, testAuthority, type Authority } from '../testing/https.ts';
import { responseOf, review, startServer, type TestServer } from '../testing/server.ts';

let authority: Authority;
let running: TestServer;
const agents: Agent[] = [];
const sockets: TLSSocket[] = [];

const start = async (changes?: Partial<ServerOptions>): Promise<TestServer> =>
  (running = await startServer(authority, changes));
const keptAlive = (maxSockets = 1): Agent => {
  const agent = new Agent({ keepAlive: true, maxSockets });
  agents.push(agent);
  return agent;
};
const dial = async (port: number, options: ConnectionOptions = {}): Promise<TLSSocket> => {
  const socket = connect({ host: '127.0.0.1', port, servername: SERVER_NAME, ca: authority.ca, ...options });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return socket;
};
/** Everything that comes until the server closes. */
const all = async (socket: TLSSocket): Promise<string> => {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  return text;
};

beforeAll(async () => {
  authority = await testAuthority();
});
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy();
  for (const socket of sockets.splice(0)) socket.destroy();
  await running.server.close();
});

test("idle and unused connections outlast the 90 s of the apiserver's pool", async () => {
  const { server } = (await start()).server;
  expect(server.keepAliveTimeout).toBeGreaterThan(90_000);
  expect(server.headersTimeout).toBeGreaterThan(server.keepAliveTimeout);
  // Of two different figures Node takes the smaller one for headers, and the larger for the body.
  expect(server.requestTimeout).toBe(server.headersTimeout);
});

test('requests that do not end are ended with 408, idle connections are not', async () => {
  // Longer by far than the whole request before the others takes, on a busy machine too.
  await start({ requestMs: 3_000 });
  const agent = keptAlive();
  await running.mutate(review(), { agent });
  const slow = ['POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"a"', 'POST /mutate HTTP/1.1\r\nHos'];
  const texts = await Promise.all(
    slow.map(async (part) => {
      const socket = await dial(running.port);
      socket.write(part);
      return all(socket);
    }),
  );
  for (const text of texts) {
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    expect(text).toMatch(/\r\n\r\n\{"code":"RequestLate","message":".*","fix":".*"\}$/);
  }
  expect((await running.mutate(review(), { agent })).reused).toBe(true);
});

test.each([
  ['no HTTP', 'hello\r\n\r\n'],
  ['headers that are too large', `GET /readyz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(16_400)}\r\n\r\n`],
])('%s is answered with a code', async (_name, text) => {
  await start();
  const socket = await dial(running.port);
  socket.write(text);
  expect(await all(socket)).toMatch(/^HTTP\/1.1 400 .*"code":"RequestMalformed"/s);
});

test('a new certificate is for new connections, the old ones go on', async () => {
  await start();
  const agent = keptAlive();
  const before = await running.mutate(review(), { agent });
  setCertificate(running.server, await authority.issue());
  const fresh = await running.mutate(review());
  const after = await running.mutate(review(), { agent });
  expect([before.status, after.status, fresh.status]).toEqual([200, 200, 200]);
  expect([after.reused, after.serial]).toEqual([true, before.serial]);
  expect(fresh.serial).not.toBe(before.serial);
});

test('a certificate that is none changes nothing', async () => {
  await start();
  expect(() => setCertificate(running.server, { key: 'x', certificate: 'y' })).toThrow();
  expect((await running.mutate(review())).status).toBe(200);
});

test('TLS before 1.2 is refused, also after a new certificate', async () => {
  // Node's own defaults refuse it on both ends: lowered here as far as they go.
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const { key, certificate: cert } = await authority.issue();
  const lenient = createTLSServer({ key, cert, ...old, maxVersion: 'TLSv1.2' }).listen(0, '127.0.0.1');
  await once(lenient, 'listening');
  const control = await dial((lenient.address() as AddressInfo).port, old);
  expect(control.getProtocol()).toBe('TLSv1.1');
  control.destroy();
  lenient.close();

  await start();
  const refused = { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' };
  await expect(dial(running.port, old)).rejects.toMatchObject(refused);
  setCertificate(running.server, await authority.issue());
  await expect(dial(running.port, old)).rejects.toMatchObject(refused);
});

test('requests sent in one go are answered in their order', async () => {
  await start();
  const socket = await dial(running.port);
  const uids = ['one'];
  const requests = uids.map((uid) => {
    const body = review(plainPod(), { uid });
    return `POST /mutate?timeout=2s HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  });
  socket.write(`${requests.join('')}GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const text = await all(socket);
  expect([...text.matchAll(/"uid":"(\w+)"/g)].map(([, uid]) => uid)).toEqual(uids);
});

test('many reviews at once each get their own answer', async () => {
  await start();
  const agent = keptAlive(50);
  const uids = Array.from({ length: runs(500) }, (_, i) => `uid-${i}`);
  const answers = await Promise.all(
    uids.map((uid) => running.mutate(review(plainPod(), { uid }), { agent, path: '/mutate?timeout=30s' })),
  );
  expect(answers.map((answer) => responseOf(answer).uid)).toEqual(uids);
  expect(await running.options.metrics.registry.metrics()).toContain(
    `rolechain_admissions_total{outcome="injected",reason="Injected"} ${uids.length}`,
  );
});

test('a close lets the review in flight be answered, and waits for it', async () => {
  const looked = Promise.withResolvers<undefined>();
  const asked = Promise.withResolvers<undefined>();
  await start({
    lookup: async () => {
      asked.resolve(undefined);
      await looked.promise;
      return undefined;
    },
  });
  await running.ask({ path: '/healthz', agent: keptAlive() });
  const answer = running.mutate(review());
  await asked.promise;
  let closed = false;
  const closing = running.server.close().then(() => (closed = true));
  await sleep(50);
  expect(closed).toBe(false);
  looked.resolve(undefined);
  expect(responseOf(await answer).allowed).toBe(true);
  await closing;
});
