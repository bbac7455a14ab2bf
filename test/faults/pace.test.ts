/** Tries after a failure come at one pace, whatever the clients do (adr/0020): the sidecar's core on a simulated clock. */
import fc from 'fast-check';
import type { ErrorCode } from '@rolechain/shared';
import { runs } from '@rolechain/kit/runs.ts';
import { seeded } from '@rolechain/kit/seeded.ts';
import {
  hop,
  HOUR,
  makeSimWorld,
  MINUTE,
  SECOND,
  type Call,
  type Place,
  type SimOptions,
  type SimWorld,
} from './sim-world.ts';

/** A client: its first request, and how long it waits for the next; milliseconds. */
interface Client {
  readonly from: number;
  readonly every: number;
}

interface Failing {
  readonly at: Place;
  readonly code: ErrorCode;
  /** How long each failing call takes. */
  readonly takesMs: number;
}

/** A world whose calls fail from the start on, after so long, while these clients ask. */
async function failing(
  { at, code, takesMs }: Failing,
  clients: readonly Client[],
  { seed = 7, lasts }: { readonly seed?: number; readonly lasts: number },
): Promise<SimWorld> {
  const world = makeSimWorld(seeded(seed), { fault: [at, code] });
  world.fail(at, code, takesMs);
  const asks = clients
    .flatMap(({ from, every }) => Array.from({ length: Math.ceil((lasts - from) / every) }, (_, i) => from + i * every))
    .sort((a, b) => a - b);
  for (const when of asks) {
    await world.clock.advance(when - world.clock.uptime());
    void world.ask();
  }
  await world.clock.advance(lasts - world.clock.uptime());
  return world;
}

const ofSts = (calls: readonly Call[]): readonly Call[] => calls.filter(({ to }) => to !== 'agent');

const REFUSED: Failing = { at: 'sts', code: 'StsAccessDenied', takesMs: 100 };
const FAULTS: readonly Failing[] = [
  REFUSED,
  { at: 'target', code: 'StsRejected', takesMs: 100 },
  { at: 'sts', code: 'StsUnreachable', takesMs: 5_000 },
  { at: 'sts', code: 'StsThrottled', takesMs: 100 },
  { at: 'agent', code: 'AgentNoAssociation', takesMs: 100 },
];

test.each(FAULTS)('$code of $at: the calls are the same, whoever asks and how often', async (fault) => {
  const client = fc.record({ from: fc.nat(MINUTE), every: fc.integer({ min: 100, max: 30 * SECOND }) });
  await fc.assert(
    fc.asyncProperty(fc.array(client, { minLength: 1, maxLength: 4 }), fc.nat(), async (clients, seed) => {
      const time = { seed, lasts: 3 * MINUTE };
      const { calls } = await failing(fault, clients, time);
      expect(calls).toEqual((await failing(fault, [], time)).calls);
    }),
    { numRuns: runs(10) },
  );
});

test('0, 1, 2 and 20 clients that ask every 5 s make the same calls of STS in ten minutes of a refused role', async () => {
  const time = { lasts: 10 * MINUTE };
  const made = new Map<number, number>();
  for (const count of [0, 1, 2, 20]) {
    const clients = Array.from({ length: count }, (_, i) => ({ from: (i * SECOND) / 2, every: 5 * SECOND }));
    made.set(count, ofSts((await failing(REFUSED, clients, time)).calls).length);
  }
  process.stdout.write(`ten minutes of ${REFUSED.code}: calls of STS by clients ${JSON.stringify([...made])}\n`);
  expect(new Set(made.values()).size).toBe(1);
  // 2.5 s apart or more for two minutes, then 15 s, and the growth at the start.
  expect(made.get(0)).toBeLessThanOrEqual(48 + 8 * 4 + 4);
});

test('a trust policy that is mended after 2 h counts within 30 s, whoever asks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(MINUTE), async (seed, more) => {
      const lasts = 2 * HOUR + more;
      const world = await failing(REFUSED, [], { seed, lasts });
      world.fail('sts', undefined);
      const before = world.calls.length;
      await world.clock.advance(30 * SECOND);
      expect(world.calls.length).toBeGreaterThan(before);
      void world.ask();
      await world.clock.advance(SECOND);
      expect(world.seen.at(-1)?.status).toBe(200);
    }),
    { numRuns: runs(5) },
  );
});

test('an SDK of three tries that asks when a fault of up to 20 s has passed gets credentials', async () => {
  const codes = [
    'StsThrottled',
    'StsUnreachable',
    'StsUnavailable',
    'AgentUnreachable',
    'BaseTokenUnreadable',
  ] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...codes),
      fc.integer({ min: 1, max: 20_000 }),
      fc.nat(),
      async (code, ms, seed) => {
        const at = code.startsWith('Sts') ? 'sts' : 'agent';
        const world = await failing({ at, code, takesMs: 100 }, [], { seed, lasts: ms });
        world.fail(at, undefined);
        // Held for 0.8 s each; Go's SDK has no wait of its own that one could count on.
        for (let tries = 0; tries < 3 && world.seen.at(-1)?.status !== 200; tries++) {
          void world.ask();
          await world.clock.advance(800);
        }
        expect(world.seen.at(-1)?.status).toBe(200);
      },
    ),
    { numRuns: runs(50) },
  );
});

describe('sessions that are over when they come', () => {
  /** Of 15 minutes and more at STS, where the node's clock is further ahead than is believed. */
  const AHEAD: SimOptions = {
    offMs: 25 * HOUR,
    roles: [
      {
        name: 'default',
        startup: 'proceed',
        hops: [hop('target')],
        webIdentity: { mode: 'only', token: { type: 'projected' } },
      },
    ],
  };
  const codes = ({ ends }: SimWorld): Set<string> => new Set(ends.map(({ error }) => error?.code ?? 'ok'));

  test.each<[string, number | undefined, SimOptions, ErrorCode]>([
    ['by the clock of the node', undefined, AHEAD, 'StsClockSkew'],
    ['by their own Date', -HOUR, {}, 'StsInvalidResponse'],
    ['a second after their own Date', SECOND, {}, 'StsInvalidResponse'],
  ])('%s: STS is asked at the pace of a fault that may pass', async (_name, lastMs, options, code) => {
    const world = makeSimWorld(seeded(7), options);
    world.sessionsLast(lastMs);
    await world.run(10 * MINUTE);
    const failing = makeSimWorld(seeded(7), { ...options, fault: ['sts', 'StsUnavailable'] });
    await failing.run(10 * MINUTE);
    expect(ofSts(world.calls).map(({ at }) => at)).toEqual(ofSts(failing.calls).map(({ at }) => at));
    expect(codes(world)).toEqual(new Set([code]));
    expect(new Set(world.seen.map(({ status }) => status))).toEqual(new Set([503]));
  });

  test('a valid one that is held is served on to its end, and the next good one ends it', async () => {
    const world = makeSimWorld(seeded(7));
    await world.run(MINUTE);
    const { expiresAt = NaN } = world.refreshers.get('default')?.offer().session ?? {};
    world.sessionsLast(SECOND);
    await world.run(expiresAt - world.clock.aws() - SECOND);
    expect(codes(world)).toEqual(new Set(['ok', 'StsInvalidResponse']));
    expect(world.seen.every(({ status, leftMs }) => status === 200 && leftMs > 0)).toBe(true);
    expect(world.refreshers.get('default')?.offer().session?.expiresAt).toBe(expiresAt);
    world.sessionsLast(undefined);
    await world.run(10 * SECOND);
    expect(world.ends.at(-1)?.error).toBeUndefined();
  });
});
