import { once } from 'node:events';
import { createServer, request, type Server, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerOf, type Answer, type AnswerLimits } from './read-response.ts';

let server: Server;
let reply: RequestListener;
beforeEach(async () => {
  server = createServer((incoming, response) => reply(incoming, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const LIMITS: AnswerLimits = { maxBytes: 2048, totalMs: 5000, connectMs: 5000 };
function ask(limits: Partial<AnswerLimits> = {}, port = (server.address() as AddressInfo).port): Promise<Answer> {
  const call = request({ host: '127.0.0.1', port, agent: false });
  const answer = answerOf(call, { ...LIMITS, ...limits });
  call.end();
  return answer;
}

test.each([200, 503])('an answer of %i comes whole, in however many pieces', async (status) => {
  reply = (_incoming, response) => {
    response.writeHead(status);
    const bytes = Buffer.from('a ключ b');
    response.write(bytes.subarray(0, 3));
    setImmediate(() => response.end(bytes.subarray(3)));
  };
  expect(await ask()).toEqual({ status, body: 'a ключ b' });
});

test('at the limit it comes, one byte over it fails', async () => {
  reply = (_incoming, response) => response.end('x'.repeat(2048));
  expect(await ask()).toEqual({ status: 200, body: 'x'.repeat(2048) });
  reply = (_incoming, response) => response.end('x'.repeat(2049));
  expect(await ask()).toEqual({ failure: 'its answer is over 2 KiB', tooLarge: true });
});

test('an answer without an end is cut off, and its connection closed', async () => {
  const closed = new Promise<void>((resolve) => {
    reply = (_incoming, response) => {
      const timer = setInterval(() => response.write('x'.repeat(512)), 1);
      response.on('close', () => {
        clearInterval(timer);
        resolve();
      });
    };
  });
  expect(await ask()).toMatchObject({ tooLarge: true });
  await closed;
});

test.each<[string, RequestListener, Partial<AnswerLimits>, RegExp]>([
  ['no answer', () => undefined, { totalMs: 50 }, /^no answer within 0.05 s$/],
  ['half an answer', (_incoming, response) => response.write('x'), { totalMs: 50 }, /^no answer within 0.05 s$/],
  ['a connection that breaks', ({ socket }) => socket.destroy(), {}, /^ECONNRESET$/],
  [
    'an answer that breaks off',
    (_incoming, response) => response.writeHead(200, { 'content-length': 9 }).write('x', () => response.destroy()),
    {},
    /^(ECONNRESET|closed)$/,
  ],
])('%s: the reason', async (_name, listener, limits, failure) => {
  reply = listener;
  expect(await ask(limits)).toEqual({ failure: expect.stringMatching(failure), tooLarge: false });
});

test('nobody there: the reason', async () => {
  // The discard port: one that was just free may be somebody's by now.
  expect(await ask({}, 9)).toEqual({ failure: 'ECONNREFUSED', tooLarge: false });
});
