/** Many requests at once before the first credentials are there, over real connections. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS, PATHS } from '@rolechain/shared';
import { asRole, AUDIT, codeOf, hop, listens, useBench } from '../sidecar/bench.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { Reply, RunningSidecar } from '../sidecar/harness.ts';

const HERD = 200;
/**
 * What a request without credentials is told. Who waits until the sidecar has given up its call, after 5 s
 * (sidecar/src/sts/assume-role.ts), hears of that: on a busy machine some do.
 */
const TOLD = ['503 NotReady', '503 StsUnreachable'];

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

/** Fetches that have ended, good or bad. */
async function fetches(sidecar: RunningSidecar): Promise<number> {
  const { body } = await sidecar.health(PATHS.metrics);
  return [...body.matchAll(/^rolechain_refreshes_total\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
}

test(`${HERD} cold requests make one call a hop, and each is told to come again, then served`, async () => {
  const answers = Promise.withResolvers<undefined>();
  bench.sts.failWhen(() => ({ after: answers.promise }));
  const sidecar = await bench.start();
  await listens(sidecar);
  const herd = <T>(each: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: HERD }, each));
  const refused = await herd(() => sidecar.ask());
  answers.resolve(undefined);
  const all = await herd(() => untilServed(sidecar));
  const told = [...refused, ...all.flat().filter(({ status }) => status !== 200)];
  expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 503));
  expect(TOLD).toEqual(expect.arrayContaining([...new Set(told.map(codeOf))]));
  expect(told.every(({ headers }) => headers['retry-after'] === '1')).toBe(true);
  // A call of each for a fetch; more than one fetch only where the machine is so slow that the first was given up.
  const ended = await fetches(sidecar);
  expect([bench.sts.requests.length, bench.agent.requests.length]).toEqual([ended, ended]);
  expect(sidecar.output().out.includes('StsUnreachable')).toBe(ended > 1);
  expect(new Set(all.map((replies) => replies.at(-1)?.data.AccessKeyId)).size).toBe(1);
});

test(`over ${LIMITS.heldRequests} held requests, more are told at once to come again`, async () => {
  bench.sts.failWhen(() => 'hang');
  const sidecar = await bench.start();
  await listens(sidecar);
  const told: string[] = [];
  const isOver = (): boolean => told.some((one) => one.startsWith('503 TooManyRequests'));
  // Each on a connection of its own, again and again, until they come faster than they are let go.
  const askers = Array.from({ length: LIMITS.heldRequests + 80 }, async () => {
    while (!isOver()) {
      const reply = await sidecar.ask();
      told.push(`${codeOf(reply)}, ${String(reply.headers['retry-after'])}`);
    }
  });
  await Promise.all(askers);
  // Each is a 503 with Retry-After, since Rust and Java do not try again after a 429.
  expect([...TOLD, '503 TooManyRequests'].map((one) => `${one}, 1`)).toEqual(
    expect.arrayContaining([...new Set(told)]),
  );
  expect(told.length).toBeGreaterThan(LIMITS.heldRequests);
});

test('a role whose token asks without end fills its own places, and the requests of another are held', async () => {
  bench.sts.failWhen(() => 'hang');
  const sidecar = await bench.start({ roles: { default: {}, audit: { hops: [hop(AUDIT)] } } });
  await listens(sidecar);
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
  expect(TOLD).toEqual(expect.arrayContaining(others.map(codeOf)));
});

test(`a cold request is held for ${LIMITS.holdMs} ms before its 503, and no longer`, async () => {
  bench.sts.failWhen(() => 'hang');
  const sidecar = await bench.start();
  await listens(sidecar);
  const held: number[] = [];
  const yardstick: number[] = [];
  for (let i = 0; i < 5; i++) {
    held.push(
      await milliseconds(async () => {
        const reply = await sidecar.ask();
        expect(TOLD).toContain(codeOf(reply));
        expect(reply.headers['retry-after']).toBe('1');
      }),
    );
    // As long on this machine, in this moment: an answer that comes at once, and a timer of that time.
    yardstick.push(
      await milliseconds(async () => {
        expect((await sidecar.ask({ headers: { authorization: 'x' } })).status).toBe(401);
        await sleep(LIMITS.holdMs);
      }),
    );
  }
  // A timer may come a millisecond early. A busy machine may delay one of them, hardly each.
  expect(Math.min(...held)).toBeGreaterThanOrEqual(LIMITS.holdMs - 2);
  expect(Math.min(...held)).toBeLessThan(1.25 * Math.max(...yardstick));
  // By this an SDK that waits for a second has its answer.
  expect(1.25 * LIMITS.holdMs).toBeLessThanOrEqual(1_000);
});

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
