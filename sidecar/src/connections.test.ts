import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { capIdleConnections } from './connections.ts';

const CAP = 3;
const ASK = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

let server: Server;
let held: ServerResponse[];
let sockets: Socket[];

beforeEach(async () => {
  held = [];
  sockets = [];
  server = createServer((request, response) => {
    if (request.url === '/held') held.push(response);
    else response.end('answer');
  });
  capIdleConnections(server, CAP);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

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

const closed = (socket: Socket): Promise<unknown> => once(socket.resume(), 'close');

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
