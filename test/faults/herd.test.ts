/** Many requests at once before the first credentials are there, over real connections. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS, PATHS } from '@rolechain/shared';
import { rawRequest, sendRaw } from '../../sidecar/src/testing/raw-http.ts';
import { heard } from '../secrets/record.ts';
import { asRole, AUDIT, codeOf, firstAnswer, hop, useBench } from '../sidecar/bench.ts';
import { eventually, type Reply, type RunningSidecar } from '../sidecar/harness.ts';

const HERD = 200;
/** Over the time that a request is held, so that each meets both its ends. */
const STS_TAKES_MS = 2 * LIMITS.holdMs;

const bench = useBench();

/** As an SDK does: again after what the answer says. */
async function untilServed(sidecar: RunningSidecar): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  for (;;) {
    const reply = await sidecar.ask();
    replies.push(reply);
    if (reply.status === 200) return replies;
    await sleep(Number(reply.headers['retry-after']) * 100);
  }
}

test(`${HERD} cold requests make one call a hop, and each is told to come again or served`, async () => {
  bench.sts.failWhen(() => ({ delayMs: STS_TAKES_MS }));
  const sidecar = await bench.start();
  // The first one finds out that it listens, and waits like the others.
  const first = await firstAnswer(sidecar);
  const all = await Promise.all(Array.from({ length: HERD }, () => untilServed(sidecar)));
  const refused = [first, ...all.flat()].filter(({ status }) => status !== 200);
  expect(new Set(refused.map(codeOf))).toEqual(new Set(['503 NotReady']));
  expect(refused.every(({ headers }) => headers['retry-after'] === '1')).toBe(true);
  expect(bench.sts.requests).toHaveLength(1);
  expect(bench.agent.requests).toHaveLength(1);
  expect(new Set(all.map((replies) => replies.at(-1)?.data.AccessKeyId)).size).toBe(1);
});

test(`over ${LIMITS.heldRequests} held requests, more are told at once to come again`, async () => {
  bench.sts.failWhen(() => 'hang');
  const sidecar = await bench.start();
  await firstAnswer(sidecar);
  // On one connection, each sent before the last is answered: so that they come faster than they are let go.
  const headers = { host: '127.0.0.1', authorization: bench.files.readToken() };
  const kept = rawRequest(PATHS.credentials, { ...headers, connection: 'keep-alive' });
  const bytes = kept.repeat(2 * LIMITS.heldRequests) + rawRequest(PATHS.credentials, headers);
  const { body } = await sendRaw(sidecar.ports.credentials, bytes);
  heard('error of the credentials endpoint', body);
  const count = (pattern: RegExp): number => body.match(pattern)?.length ?? 0;
  expect(count(/"code":"TooManyRequests"/g)).toBeGreaterThan(0);
  expect(count(/"code":"NotReady"/g)).toBeGreaterThanOrEqual(LIMITS.heldRequests);
  // Each is a 503 with Retry-After, since Rust and Java do not try again after a 429; the first's head is not in it.
  expect(count(/HTTP\/1\.1 503/g)).toBe(2 * LIMITS.heldRequests);
  expect(count(/^retry-after: 1/gm)).toBe(2 * LIMITS.heldRequests);
});

test('a role whose token asks without end fills its own places, and the requests of another are held', async () => {
  bench.sts.failWhen(() => 'hang');
  const sidecar = await bench.start({ roles: { default: {}, audit: { hops: [hop(AUDIT)] } } });
  await firstAnswer(sidecar);
  const greedy = asRole(bench.files, 'audit');
  const said = new Set<string>();
  let over = false;
  // Each on a connection of its own.
  const askers = Array.from({ length: LIMITS.heldRequests + 80 }, async () => {
    while (!over) {
      const code = codeOf(await sidecar.ask(greedy));
      said.add(code);
      if (code === '503 TooManyRequests') await sleep(100);
    }
  });
  await eventually('its places are taken', () => said.has('503 TooManyRequests'));
  const others = await Promise.all(Array.from({ length: 20 }, () => sidecar.ask()));
  over = true;
  await Promise.all(askers);
  expect(new Set(others.map(codeOf))).toEqual(new Set(['503 NotReady']));
}, 60_000);

test(`a cold request is held for ${LIMITS.holdMs} ms before its 503, and answered within the second`, async () => {
  bench.sts.failWhen(() => 'hang');
  const sidecar = await bench.start();
  await firstAnswer(sidecar);
  const took: number[] = [];
  for (let i = 0; i < 5; i++) {
    const from = performance.now();
    const reply = await sidecar.ask();
    took.push(performance.now() - from);
    expect(`${codeOf(reply)}, ${String(reply.headers['retry-after'])}`).toBe('503 NotReady, 1');
  }
  // A timer may come a millisecond early. A busy machine may delay one of them, hardly each.
  expect(Math.min(...took)).toBeGreaterThanOrEqual(LIMITS.holdMs - 2);
  expect(Math.min(...took)).toBeLessThan(1_000);
});
