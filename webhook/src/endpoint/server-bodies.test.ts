/** Bodies that come slowly, or never end: what they hold, and who gives way. */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { LIMITS } from '@rolechain/shared';
import type { ServerOptions } from './server.ts';
import { plainPod } from '../testing/fixtures.ts';
import { SERVER_NAME, testAuthority, type Authority } from '../testing/https.ts';
import { responseOf, review, startServer, type TestServer } from '../testing/server.ts';

let authority: Authority;
let running: TestServer;
const sockets: TLSSocket[] = [];

beforeAll(async () => {
  authority = await testAuthority();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await running.server.close();
});
const start = async (changes?: Partial<ServerOptions>): Promise<TestServer> =>
  (running = await startServer(authority, changes));

interface Sender {
  readonly socket: TLSSocket;
  readonly text: () => string;
}

/** A connection over which this head and this much of a body came. */
async function send(head: string, body: Buffer | string = ''): Promise<Sender> {
  const socket = connect({ host: '127.0.0.1', port: running.port, servername: SERVER_NAME, ca: authority.ca });
  sockets.push(socket);
  let text = '';
  socket
    .on('error', () => undefined)
    .setEncoding('utf8')
    .on('data', (piece: string) => (text += piece));
  await once(socket, 'secureConnect');
  socket.write(`POST /mutate HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`);
  // Also where the server closes before it has taken all.
  await new Promise<void>((resolve) => socket.once('close', () => resolve()).write(body, () => resolve()));
  return { socket, text: () => text };
}
/** A record of TLS for each character, as long as the server takes any. */
async function inPieces(socket: TLSSocket, text: string): Promise<void> {
  for (const piece of text) {
    if (socket.closed) return;
    await new Promise<void>((resolve) => void socket.write(piece, () => resolve()));
  }
}
const answered = async ({ socket, text }: Sender): Promise<string> => {
  if (!socket.closed) await once(socket, 'close');
  return text();
};

test('of bodies that never end the first give way, with a code, and an honest review is answered beside them', async () => {
  await start();
  const part = Buffer.alloc(7 * 1024 * 1024, ' ');
  const senders: Sender[] = [];
  for (let i = 0; i < 20; i++) senders.push(await send(`Content-Length: ${LIMITS.reviewBytes}`, part));
  expect(responseOf(await running.mutate(review())).patchType).toBe('JSONPatch');
  const gone = await gaveWay();
  // What is left is within the limit, and not far below it: nobody gave way for nothing.
  expect((20 - gone) * part.length).toBeLessThanOrEqual(LIMITS.reviewsInFlightBytes);
  expect(20 - gone).toBeGreaterThanOrEqual(5);
  const texts = await Promise.all(senders.slice(0, gone).map(answered));
  expect(senders.slice(gone).map(({ socket }) => socket.closed)).toEqual(Array(20 - gone).fill(false));
  // One that still sends may lose its answer to a reset of the connection; what comes is this one.
  expect(texts.filter((text) => text !== '' && !/^HTTP\/1.1 503 .*"TooManyReviews"/s.test(text))).toEqual([]);
});

test('a body that comes in pieces of one byte is no larger for that', async () => {
  await start();
  const body = review();
  const { socket, text } = await send(`Content-Length: ${body.length}`);
  await inPieces(socket, body);
  while (!text().includes('\r\n\r\n') && !socket.closed) await once(socket, 'data');
  expect(text()).toContain('HTTP/1.1 200');
});

test.each([
  ['by its length', `Content-Length: ${LIMITS.reviewBytes + 1}`, 0],
  ['in too many pieces', `Content-Length: ${LIMITS.reviewBytes}`, LIMITS.reviewBytes / 512 + 1],
] as const)('a body that is too large is answered before it ends: %s', async (_name, head, pieces) => {
  await start();
  const sender = await send(head);
  await inPieces(sender.socket, 'x'.repeat(pieces));
  const text = await answered(sender);
  if (pieces === 0) expect(text).toMatch(/^HTTP\/1.1 413 .*connection: close.*"ReviewTooLarge"/is);
  expect(await failures()).toEqual({ ReviewTooLarge: 1 });
});

test('what a review holds is free once it is answered', async () => {
  await start();
  const large = review(plainPod({}, { big: 'x'.repeat(4 * 1024 * 1024) }));
  // All of them together hold many times the limit.
  for (let i = 0; i < 20; i++) expect((await running.mutate(large)).status).toBe(200);
  expect(await failures()).toEqual({});
});

async function failures(): Promise<Record<string, number>> {
  const metric = await running.options.metrics.registry.getSingleMetric('rolechain_admission_errors_total')?.get();
  return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [labels.code, value]));
}

async function gaveWay(): Promise<number> {
  const found = await failures();
  expect(Object.keys(found)).toEqual(['TooManyReviews']);
  return found.TooManyReviews ?? 0;
}
