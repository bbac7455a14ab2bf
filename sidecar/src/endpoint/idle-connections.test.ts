import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket, type AddressInfo } from 'node:net';
import { BOUNDED_HTTP, boundConnections, type ConnectionBounds } from './idle-connections.ts';

const CAP = 3;
const BOUNDS: ConnectionBounds = { idle: CAP, atWork: 100, requestsAtWork: 2, writtenBytes: 1e9 };
/** Over what the kernel's buffers of one connection hold. */
const LARGE = Buffer.alloc(16 * 1024 * 1024);
const ASK = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

let server: Server;
let held: ServerResponse[];
let sockets: Socket[];

/** Requests that came as far as who answers them. */
let asked: number;

beforeEach(() => start(BOUNDS));
afterEach(stop);

async function start(bounds: ConnectionBounds): Promise<void> {
  held = [];
  sockets = [];
  asked = 0;
  server = createServer(BOUNDED_HTTP, (request, response) => {
    asked += 1;
    if (request.url === '/held') held.push(response);
    else response.end(request.url === '/large' ? LARGE : 'answer');
  });
  boundConnections(server, bounds);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

async function stop(): Promise<void> {
  for (const socket of sockets) socket.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

async function startAnew(changes: Partial<ConnectionBounds>): Promise<void> {
  await stop();
  await start({ ...BOUNDS, ...changes });
}

/** A connection that the server has seen. */
async function open(): Promise<Socket> {
  const seen = once(server, 'connection');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  await seen;
  return socket;
}

async function ask(socket: Socket): Promise<string> {
  socket.write(ASK);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return String(data);
}

async function hold(socket: Socket): Promise<void> {
  const asked = once(server, 'request');
  socket.write(ASK.replace('/ ', '/held '));
  await asked;
}

/** Whether by a reset, which is an error to a client. */
const closed = (socket: Socket): Promise<boolean> => new Promise((resolve) => socket.resume().once('close', resolve));

test('one more closes the one that is idle for the longest, and is served', async () => {
  const first = await open();
  const others = [await open(), await open()];
  const gone = closed(first);
  expect(await ask(await open())).toContain('answer');
  await gone;
  for (const socket of others) expect(await ask(socket)).toContain('answer');
});

test('half a request counts as idle', async () => {
  const slow = await open();
  slow.write('GET / HTTP/1.1\r\nhost');
  await open();
  await open();
  const gone = closed(slow);
  expect(await ask(await open())).toContain('answer');
  await gone;
});

test('a connection that was just used is not the one', async () => {
  const used = await open();
  const silent = await open();
  await open();
  await ask(used);
  const gone = closed(silent);
  await open();
  await gone;
  expect(await ask(used)).toContain('answer');
});

test('a request that waits for its answer keeps its connection, and takes no room from others', async () => {
  const waiting = await open();
  await hold(waiting);
  const others = await Promise.all(Array.from({ length: 2 * CAP }, open));
  const left = others.slice(-CAP);
  for (const socket of left) expect(await ask(socket)).toContain('answer');
  held[0]?.end('late');
  const [data] = (await once(waiting, 'data')) as [Buffer];
  expect(String(data)).toContain('late');
});

test('of a burst of silent ones with a request among them, the request is heard', async () => {
  const port = (server.address() as AddressInfo).port;
  const burst = Array.from({ length: 5 * CAP }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  sockets.push(...burst);
  const asking = burst[0]!;
  asking.write(ASK);
  const answer = once(asking, 'data');
  // All of them are there before the server gets a turn.
  await Promise.all(burst.map((socket) => once(socket, 'connect')));
  expect(String(await answer)).toContain('answer');
});

test('a connection that ended makes room', async () => {
  const first = await open();
  const kept = [await open(), await open()];
  const gone = new Promise((resolve) => {
    const check = (): void =>
      void server.getConnections((_error, count) => {
        if (count === 2) resolve(undefined);
        else setImmediate(check);
      });
    check();
  });
  first.destroy();
  await gone;
  await open();
  for (const socket of kept) expect(await ask(socket)).toContain('answer');
});

describe('requests sent ahead', () => {
  test('as many as one connection may have at work are answered in their order', async () => {
    const socket = await open();
    socket.write(ASK.replace('/ ', '/held ') + ASK);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += String(chunk)));
    while (held.length === 0) await once(server, 'request');
    held[0]?.end('first');
    while (!text.includes('answer')) await once(socket, 'data');
    expect(text.indexOf('first')).toBeGreaterThan(-1);
    expect(text.indexOf('first')).toBeLessThan(text.indexOf('answer'));
    expect(await ask(socket)).toContain('answer');
  });

  test('one more ends the connection, and no request behind it is looked at', async () => {
    const socket = await open();
    const gone = closed(socket);
    // A single read of the server holds 3,000 of them.
    socket.write(ASK.replace('/ ', '/held ').repeat(BOUNDS.requestsAtWork) + ASK.repeat(1000));
    await gone;
    expect(asked).toBe(BOUNDS.requestsAtWork);
    expect(await ask(await open())).toContain('answer');
  });

  test('a flood of them on one connection does not go before an honest client on another', async () => {
    const flood = Array.from({ length: CAP - 1 }, () => ASK.repeat(8000));
    for (const text of flood) (await open()).write(text);
    expect(await ask(await open())).toContain('answer');
    expect(asked).toBeLessThanOrEqual(flood.length * BOUNDS.requestsAtWork + 1);
  });

  test.each([
    ['of expectations', ASK.replace('\r\n\r\n', '\r\nexpect: x\r\n\r\n'), 1],
    ['without a host', 'GET / HTTP/1.1\r\n\r\n', 1],
    ['over the number that a connection may have', ASK, 2],
  ])('behind one that Node answers by itself nothing is looked at: %s', async (_name, text, looked) => {
    if (text === ASK) server.maxRequestsPerSocket = 1;
    let made = 0;
    const count = (message: unknown): void => {
      if ((message as { server: unknown }).server === server) made += 1;
    };
    subscribe('http.server.request.start', count);
    try {
      const socket = await open();
      const gone = closed(socket);
      socket.write(text.repeat(1000));
      await gone;
      expect(made).toBe(looked);
    } finally {
      unsubscribe('http.server.request.start', count);
    }
    expect(await ask(await open())).toContain('answer');
  });

  test('a request for another protocol is one as any other', async () => {
    const socket = await open();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(String(data)).toContain('answer');
  });
});

test.each([
  ['content-length: 1000000', 'x'.repeat(1000)],
  ['transfer-encoding: chunked', '1\r\nx\r\n'],
])('a request with a body is answered, and its connection is closed (%s)', async (header, part) => {
  const socket = await open();
  const gone = once(socket, 'close');
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n${part}`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  expect(text).toContain('answer');
  expect(text).toMatch(/^connection: close$/im);
  await gone;
});

test('of a body nothing is looked at, however small its chunks', async () => {
  let pieces = 0;
  server.on('request', (request: IncomingMessage) => request.on('data', () => (pieces += 1)));
  const socket = await open();
  const gone = closed(socket);
  socket.write(`POST /held HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(1000)}`);
  while (held.length === 0) await once(server, 'request');
  socket.write('1\r\nx\r\n'.repeat(1000));
  held[0]?.end('answer');
  await gone;
  expect(pieces).toBe(0);
});

test('one behind a request that is at work ends the connection: its body would wait with it', async () => {
  const socket = await open();
  const gone = closed(socket);
  socket.write(`${ASK.replace('/ ', '/held ')}POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n`);
  await gone;
  expect(asked).toBe(1);
  expect(await ask(await open())).toContain('answer');
});

describe('answers that nobody reads', () => {
  /** Its answer is there, and does not fit into the kernel's buffers. */
  async function stuck(): Promise<Socket> {
    const socket = (await open()).pause();
    const seen = once(server, 'request');
    socket.write(ASK.replace('/ ', '/large '));
    await seen;
    return socket;
  }

  test('one connection over the bound gives way, and those that wait for us do not', async () => {
    await startAnew({ atWork: 2 });
    const waiting = await open();
    await hold(waiting);
    const first = await stuck();
    await stuck();
    // Else what it hasn't read would stay with the kernel until it does.
    expect(await closed(first)).toBe(true);
    held[0]?.end('late');
    const [data] = (await once(waiting, 'data')) as [Buffer];
    expect(String(data)).toContain('late');
  });

  test('the bytes that were written to open connections are bounded', async () => {
    await startAnew({ idle: 100, writtenBytes: 1000 });
    const unread = await open();
    const gone = closed(unread);
    for (let i = 0; i < 20; i++) expect(await ask(await open())).toContain('answer');
    await gone;
  });
});

test.each([
  ['breaks off while it waits', (socket: Socket) => hold(socket).then(() => socket.destroy())],
  [
    'sends a body',
    async (socket: Socket) => {
      const gone = closed(socket);
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n');
      await gone;
    },
  ],
])('what was written to a connection is forgotten with it: one that %s', async (_name, use) => {
  // Room for the answers of some connections, not of 30.
  await startAnew({ writtenBytes: 2000 });
  for (let i = 0; i < 30; i++) {
    const ended = new Promise((resolve) =>
      server.once('connection', (socket: Socket) => socket.once('close', resolve)),
    );
    await use(await open());
    await ended;
  }
  const honest = await open();
  for (let i = 0; i < 2; i++) expect(await ask(honest)).toContain('answer');
});
