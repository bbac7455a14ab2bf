/**
 * A flood, as a process of its own: `node flooder.ts ORDER`, a FloodOrder as JSON. Goes to loopback alone, ends by itself, and
 * opens no more than so many connections. Says `up` once the first wave is open, and a FloodCount at its end.
 */
import { createServer, connect, type Socket, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { connect as connectTLS } from 'node:tls';
import type { FloodCount, FloodOrder, KindName } from './kinds.ts';

const HOST = '127.0.0.1';
/** In all: more than any server here can take in a run by hand. */
const MOST_OPENED = 500_000;
const WAVE = 50;
const AGAIN_MS = 100;
const BODY_BYTES = 7 * 1024 * 1024;
/** Requests of one write: more than a server reads at once. */
const AHEAD_BYTES = 256 * 1024;

const order = JSON.parse(process.argv[2] ?? '') as FloodOrder;
let opened = 0;
let closed = 0;
let sent = 0;
let read = 0;
let ending = false;

const manyOf = (request: string): string => request.repeat(Math.ceil(AHEAD_BYTES / request.length));
const ahead = manyOf(order.request);
const REFUSED = ['GET / HTTP/1.1\r\nhost: x\r\nexpect: x\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n'].map(manyOf);
const bodyHead = `POST ${order.path} HTTP/1.1\r\nhost: ${HOST}\r\ncontent-type: application/json\r\ncontent-length: ${BODY_BYTES + 1024}\r\n\r\n`;
const chunksHead = `${order.tls ? 'POST' : 'GET'} ${order.path} HTTP/1.1\r\nhost: ${HOST}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
const chunks = manyOf('1\r\nx\r\n');
const slowText = Buffer.from(bodyHead + 'x'.repeat(1024), 'latin1');
const largeHead = ((): string => {
  const start = `GET ${order.path} HTTP/1.1\r\nhost: ${HOST}\r\n`;
  const line = (i: number): string => `x-${i}: ${'y'.repeat(90)}\r\n`;
  let text = start;
  for (let i = 0; text.length + 100 < order.headBytes; i++) text += line(i);
  return text;
})();
const hello = order.kind === 'handshake' ? await clientHello() : Buffer.alloc(0);

/** What each does once it is open. */
const ACTS: Readonly<Record<KindName, (socket: Socket) => void>> = {
  'half-open': () => undefined,
  handshake: (socket) => void send(socket, hello),
  slow: (socket) => {
    let at = 0;
    const drip = setInterval(() => {
      if (at < slowText.length) send(socket, slowText.subarray(at, ++at));
    }, 100);
    socket.once('close', () => clearInterval(drip));
  },
  'large head': (socket) => void send(socket, largeHead),
  'endless body': (socket) => {
    send(socket, bodyHead);
    send(socket, Buffer.alloc(BODY_BYTES, 'x'));
  },
  'small chunks': (socket) => {
    send(socket, chunksHead);
    sendAhead(socket, chunks);
  },
  pipelined: (socket) => sendAhead(socket, ahead),
  'never-reading': (socket) => sendAhead(socket, ahead),
  'refused by Node': (socket) => sendAhead(socket, REFUSED[opened % REFUSED.length] ?? ahead),
  unread: (socket) => {
    const more = setInterval(() => send(socket, order.request), 20);
    socket.once('close', () => clearInterval(more));
  },
  reconnecting: (socket) => {
    if (opened % 2 === 0) {
      socket.destroy();
      return;
    }
    send(socket, order.request);
    socket.once('data', () => socket.destroy());
  },
};

/** These read nothing. */
const DEAF: ReadonlySet<KindName> = new Set(['small chunks', 'never-reading', 'unread', 'refused by Node']);

function send(socket: Socket, data: Buffer | string): boolean {
  sent += data.length;
  return socket.write(data, 'latin1');
}

/** As much as the other side takes. */
function sendAhead(socket: Socket, text: string): void {
  const more = (): void => {
    while (socket.writable && send(socket, text)) {
      // Until the buffer is full.
    }
  };
  socket.on('drain', more);
  more();
}

function open(): void {
  if (ending || opened >= MOST_OPENED) return;
  const plain = order.kind === 'half-open' || order.kind === 'handshake' || !order.tls;
  const socket = plain
    ? connect(order.port, HOST)
    : connectTLS({ host: HOST, port: order.port, rejectUnauthorized: false });
  const begin = (): void => {
    opened += 1;
    if (opened === order.connections) process.stdout.write('up\n');
    ACTS[order.kind](socket);
  };
  socket
    .once(plain ? 'connect' : 'secureConnect', begin)
    .on('error', () => undefined)
    .once('close', () => {
      closed += 1;
      if (order.kind === 'reconnecting') setImmediate(open);
      else setTimeout(open, AGAIN_MS);
    });
  if (DEAF.has(order.kind)) socket.pause();
  else socket.on('data', (chunk: Buffer) => (read += chunk.length));
}

/** The first message of a TLS client, as a client sends it. */
async function clientHello(): Promise<Buffer> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connectTLS({ host: HOST, port, rejectUnauthorized: false }).on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [data] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return data;
}

for (let i = 0; i < order.connections; i += WAVE)
  setTimeout(() => {
    for (let j = 0; j < Math.min(WAVE, order.connections - i); j++) open();
  }, i / 10);

setTimeout(() => {
  ending = true;
  const count: FloodCount = { opened, closed, sentMiB: sent / 2 ** 20, readMiB: read / 2 ** 20 };
  process.stdout.write(`${JSON.stringify(count)}\n`, () => process.exit());
}, order.seconds * 1000);
