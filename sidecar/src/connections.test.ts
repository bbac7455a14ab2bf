import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { capConnections } from './connections.ts';

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
  capConnections(server, CAP);
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

test('a request that waits for its answer keeps its connection', async () => {
  const waiting = await open();
  await hold(waiting);
  for (let i = 0; i < 2 * CAP; i++) await open();
  held[0]?.end('late');
  const [data] = (await once(waiting, 'data')) as [Buffer];
  expect(String(data)).toContain('late');
});

test('where all wait, the new one is closed', async () => {
  for (let i = 0; i < CAP; i++) await hold(await open());
  await closed(await open());
  expect(held.every((response) => !response.destroyed)).toBe(true);
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
