import { Duplex } from 'node:stream';
import type { ReviewResponse } from '../admission/review.ts';
import { SETTINGS } from '../testing/fixtures.ts';
import { SERVER_NAME, testAuthority } from '../testing/https.ts';
import { useServers } from '../testing/server.ts';
import { ACCOUNTS, makeReviews } from './reviews.ts';
import { exchange, requestOf, warmUp, type WarmUpOptions } from './warm-up.ts';

const servers = useServers();
let options: WarmUpOptions;
beforeAll(async () => {
  const authority = await testAuthority();
  options = {
    ...{ settings: SETTINGS, logLevel: 'debug', serverName: SERVER_NAME, signal: new AbortController().signal },
    ...{ random: Math.random, randomToken: () => 'x'.repeat(43), reviews: 20 },
    certificate: { ...(await authority.issue()), bundle: authority.ca },
  };
});

test('every other of its reviews is injected, as of an apiserver', async () => {
  const { mutate } = await servers.start({
    lookup: (_, name) => Promise.resolve(ACCOUNTS.find((one) => one.name === name)),
  });
  const answers = await Promise.all(
    makeReviews().map(async (body) => JSON.parse((await mutate(body)).text) as ReviewResponse),
  );
  expect(answers.map(({ response }) => [response.allowed, response.patch !== undefined])).toEqual(
    makeReviews().map((_, index) => [true, index % 2 === 0]),
  );
});

test('no two of its pods have the same fields', () => {
  const shapes = makeReviews().map((text) => {
    const { request } = JSON.parse(text) as { request: { object: { spec: object } } };
    return JSON.stringify(request.object, (_, value: unknown) => (typeof value === 'object' ? value : typeof value));
  });
  // Each pod stands there for two accounts.
  expect(new Set(shapes).size).toBe(shapes.length / 2);
});

test('each is answered', async () => {
  expect(await warmUp(options)).toBe(20);
});

test('where its certificate does not do, it comes to nothing, and ends', async () => {
  expect(await warmUp({ ...options, serverName: 'other.example' })).toBe(0);
});

test('it ends with the program', async () => {
  expect(await warmUp({ ...options, signal: AbortSignal.abort() })).toBe(0);
});

test('a server that cannot be made comes to nothing, and rejects nothing', async () => {
  const garbage = { ...options.certificate, certificate: 'garbage', key: 'garbage' };
  expect(await warmUp({ ...options, certificate: garbage })).toBe(0);
});

test('a connection that closes without a word ends its exchange', async () => {
  const socket = new Duplex({ read: () => undefined, write: (_piece, _encoding, done) => done() });
  const exchanged = exchange(socket, requestOf('{}'));
  socket.destroy();
  await expect(exchanged).rejects.toThrow('closed');
  await expect(exchange(socket, requestOf('{}'))).rejects.toThrow('closed');
});
