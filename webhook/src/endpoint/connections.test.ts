/** Bounds on the connections of a port, over plain HTTP: TLS adds the handshake alone (server-connections.test.ts). */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server, type RequestListener } from 'node:http';
import { connect, type Socket, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@rolechain/kit/until.ts';
import { LIMITS } from '@rolechain/shared';
import { boundConnections, workOf, type ConnectionOptions } from './connections.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const SHORT_MS = 1000;
let server: Server | undefined;
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.closeAllConnections();
  server?.close();
});

/** Where no answer is given, it answers `ok` at once. */
async function start(
  options: Partial<ConnectionOptions> = {},
  handle: RequestListener = (_request, response) => response.end('ok'),
): Promise<void> {
  const endLate = (socket: Socket): void => void socket.end('late');
  server = boundConnections(createServer, handle, { connections: 4, endLate, ...options });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

interface Client {
  readonly socket: Socket;
  readonly text: () => string;
  readonly closed: () => boolean;
  readonly send: (text: string) => void;
  /** Until so much has come. */
  readonly until: (part: string) => Promise<void>;
}

async function dial(): Promise<Client> {
  const socket = connect((server?.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  let closed = false;
  socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  socket.on('error', () => undefined).on('close', () => (closed = true));
  await once(socket, 'connect');
  const until = (part: string): Promise<void> => holds(() => text.includes(part));
  return { socket, text: () => text, closed: () => closed, send: (all) => void socket.write(all), until };
}

/** A request, answered; the connection stays. */
async function used(): Promise<Client> {
  const client = await dial();
  client.send(GET);
  await client.until('ok');
  return client;
}

test('one connection too many closes the longest that never had a request', async () => {
  await start();
  const old = await used();
  const [first, second, third] = [await dial(), await dial(), await dial()];
  const newest = await used();
  await closing(first);
  expect([old, second, third, newest].map(({ closed }) => closed())).toEqual([false, false, false, false]);
  old.send(GET);
  await holds(() => old.text().split('ok').length === 3);
});

test('of many idle ones the longest gives way, not the newcomer whose request is still to come', async () => {
  await start();
  const idle = [await used(), await used(), await used()] as const;
  const waiting = await dial();
  const newest = await used();
  await closing(idle[0]);
  expect([idle[1], idle[2], waiting, newest].map(({ closed }) => closed())).toEqual([false, false, false, false]);
  waiting.send(GET);
  await waiting.until('ok');
});

test('then the longest idle one, and a busy one last', async () => {
  const waiting: (() => void)[] = [];
  await start({}, (request, response) => {
    if (request.url === '/wait') waiting.push(() => response.end('at last'));
    else response.end('ok');
  });
  const busy = await dial();
  busy.send('GET /wait HTTP/1.1\r\nHost: x\r\n\r\n');
  await holds(() => waiting.length > 0);
  const idle = [await used(), await used(), await used()] as const;
  const newest = await used();
  await closing(idle[0]);
  expect([busy, idle[1], idle[2], newest].map(({ closed }) => closed())).toEqual([false, false, false, false]);
  waiting[0]?.();
  await busy.until('at last');
});

test('the longest busy one where all are busy', async () => {
  let asked = 0;
  await start({}, () => {
    asked++;
  });
  const busy: Client[] = [];
  for (let i = 0; i < 4; i++) {
    const client = await dial();
    busy.push(client);
    client.send(GET);
    await holds(() => asked > i);
  }
  const newest = await dial();
  await Promise.all(busy.slice(0, 1).map(closing));
  const others = [...busy.slice(1), newest];
  expect(others.map(({ closed }) => closed())).toEqual([false, false, false, false]);
});

test('requests sent ahead are answered in their order, up to the limit; one more closes the connection', async () => {
  const waiting: (() => void)[] = [];
  await start({}, (request, response) => void waiting.push(() => response.end(`<${request.url}>`)));
  const ahead = (count: number): string =>
    Array.from({ length: count }, (_, i) => `GET /${i} HTTP/1.1\r\nHost: x\r\n\r\n`).join('');
  const within = await dial();
  within.send(ahead(LIMITS.requestsOfConnection));
  await holds(() => waiting.length === LIMITS.requestsOfConnection);
  for (const answer of waiting.splice(0).reverse()) answer();
  await within.until(`</${LIMITS.requestsOfConnection - 1}>`);
  expect(within.text().match(/<\/\d+>/g)).toEqual(
    Array.from({ length: LIMITS.requestsOfConnection }, (_, i) => `</${i}>`),
  );

  const over = await dial();
  let made = 0;
  server?.on('request', () => (made += 1));
  over.send(ahead(1000));
  await closing(over);
  // Those behind it cost nothing: Node has not even made requests of them.
  expect(made).toBe(LIMITS.requestsOfConnection);
  expect(waiting).toHaveLength(LIMITS.requestsOfConnection);
});

test.each([
  ['expects something', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: x\r\n\r\n'],
  ['has no host', 'GET / HTTP/1.1\r\n\r\n'],
])('behind a request that %s, which Node answers by itself, nothing is looked at', async (_name, text) => {
  await start();
  let made = 0;
  const count = (message: unknown): void => {
    if ((message as { server: unknown }).server === server) made += 1;
  };
  subscribe('http.server.request.start', count);
  try {
    const client = await dial();
    client.send(text.repeat(1000));
    await closing(client);
    expect(made).toBe(1);
  } finally {
    unsubscribe('http.server.request.start', count);
  }
  await used();
});

test.each(['Content-Length: 1000000', 'Transfer-Encoding: chunked'])(
  'of a body that nobody wants nothing is looked at: it is answered, and the connection closed (%s)',
  async (header) => {
    let pieces = 0;
    await start({}, (request, response) => {
      request.on('data', () => (pieces += 1)).on('end', () => response.end('ok'));
    });
    const client = await dial();
    client.send(`POST / HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n${'1\r\nx\r\n'.repeat(1000)}`);
    await closing(client);
    expect(client.text()).toMatch(/connection: close[^]*ok$/i);
    expect(pieces).toBe(0);
  },
);

test('what is sent ahead with such a body ends the connection', async () => {
  const waiting: (() => void)[] = [];
  await start({}, (_request, response) => void waiting.push(() => response.end('ok')));
  const client = await dial();
  client.send(`${GET}POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`);
  await closing(client);
  expect([client.text(), waiting.length]).toEqual(['', 1]);
  await holds(async () => (await connections()) === 0);
});

test('a head that does not end is ended, an unused or idle connection is not', async () => {
  await start({ requestMs: SHORT_MS });
  const unused = await dial();
  const idle = await used();
  const again = await used();
  again.send('GET / HT');
  const slow = await dial();
  slow.send('GET / HTTP/1.1\r\nHo');
  await Promise.all([closing(slow), closing(again)]);
  expect(slow.text()).toBe('late');
  expect([unused, idle].map(({ closed }) => closed())).toEqual([false, false]);
  for (const client of [unused, idle]) {
    client.send(GET);
    await client.until('ok');
  }
});

test('a request that is not answered in time is stopped by its code, or cut', async () => {
  const codes: string[] = [];
  await start({ requestMs: SHORT_MS }, (request, response) => {
    if (request.url === '/') return;
    workOf(request).onStop = ({ code }) => {
      codes.push(code);
      response.writeHead(408, { connection: 'close' }).end('stopped');
    };
  });
  const [cut, stopped] = [await dial(), await dial()];
  cut.send(GET);
  stopped.send('GET /stop HTTP/1.1\r\nHost: x\r\n\r\n');
  await Promise.all([closing(cut), closing(stopped)]);
  expect([cut.text(), stopped.text().includes('stopped'), codes]).toEqual(['', true, ['RequestLate']]);
});

test('an answer that nobody takes is given up, and what it held is free', async () => {
  const codes: string[] = [];
  await start({ requestMs: SHORT_MS }, (request, response) => {
    const work = workOf(request);
    work.onStop = ({ code }) => codes.push(code);
    work.hold(LIMITS.reviewsInFlightBytes / 2 + 1);
    response.end(request.url === '/deaf' ? Buffer.alloc(16 * 1024 * 1024) : 'ok');
  });
  const deaf = await dial();
  deaf.socket.pause();
  deaf.send('GET /deaf HTTP/1.1\r\nHost: x\r\n\r\n');
  await holds(async () => (await connections()) === 0);
  // Were any of it held on, the next would make somebody give way.
  for (let i = 0; i < 3; i++) await used();
  expect(codes).toEqual([]);
});

test('over the load the longest at work gives way, and the newcomer is answered', async () => {
  const codes: string[] = [];
  const most = LIMITS.reviewsInFlightBytes - 1;
  await start({}, (request, response) => {
    const work = workOf(request);
    work.onStop = ({ code }) => {
      codes.push(code);
      response.writeHead(503, { connection: 'close' }).end('gave way');
    };
    work.hold(most);
    if (request.url !== '/hold') response.end('ok');
  });
  const holding = await dial();
  holding.send('GET /hold HTTP/1.1\r\nHost: x\r\n\r\n');
  await sleep(50);
  await used();
  await closing(holding);
  expect([holding.text().includes('gave way'), codes]).toEqual([true, ['TooManyReviews']]);
});

async function holds(condition: () => boolean | Promise<boolean>): Promise<void> {
  await eventually(condition.toString(), condition, { everyMs: 5 });
}

async function closing({ socket, closed }: Client): Promise<void> {
  if (!closed()) await once(socket, 'close');
}

function connections(): Promise<number> {
  const counted = Promise.withResolvers<number>();
  server?.getConnections((error, count) => (error ? counted.reject(error) : counted.resolve(count)));
  return counted.promise;
}
