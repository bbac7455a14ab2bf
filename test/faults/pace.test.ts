/** Tries after a failure come at one pace, whatever the clients do: the sidecar's core on a simulated clock. */
import fc from 'fast-check';
import type { ErrorCode } from '@rolechain/shared';
import { runs } from '@rolechain/kit/runs.ts';
import { seeded } from '@rolechain/kit/seeded.ts';
import { makeSimWorld, MINUTE, SECOND, type Call, type Place } from './sim-world.ts';

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

/** The calls of ten minutes without a session, while these clients ask. */
async function tries(
  { at, code, takesMs }: Failing,
  clients: readonly Client[],
  seed = 7,
  lasts = 10 * MINUTE,
): Promise<readonly Call[]> {
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
  return world.calls;
}

const FAULTS: readonly Failing[] = [
  { at: 'sts', code: 'StsAccessDenied', takesMs: 100 },
  { at: 'target', code: 'StsRejected', takesMs: 100 },
  { at: 'sts', code: 'StsUnreachable', takesMs: 5_000 },
  { at: 'sts', code: 'StsThrottled', takesMs: 100 },
  { at: 'agent', code: 'AgentNoAssociation', takesMs: 100 },
];

test.each(FAULTS)('$code of $at: the calls are the same, whoever asks and how often', async (failing) => {
  const client = fc.record({ from: fc.nat(MINUTE), every: fc.integer({ min: 100, max: 30 * SECOND }) });
  await fc.assert(
    fc.asyncProperty(fc.array(client, { minLength: 1, maxLength: 4 }), fc.nat(), async (clients, seed) => {
      const lasts = 3 * MINUTE;
      expect(await tries(failing, clients, seed, lasts)).toEqual(await tries(failing, [], seed, lasts));
    }),
    { numRuns: runs(10) },
  );
});

test('two clients that ask every 5 s: a refused role makes 4 calls of STS a minute at most, once its tries have grown apart', async () => {
  const clients = [1, 2].map((i) => ({ from: i * SECOND, every: 5 * SECOND }));
  const calls = await tries({ at: 'sts', code: 'StsAccessDenied', takesMs: 100 }, clients);
  const ofSts = calls.filter(({ to }) => to !== 'agent');
  process.stdout.write(`two clients, ten minutes of StsAccessDenied: ${ofSts.length} calls of STS\n`);
  expect(ofSts.filter(({ at }) => at >= MINUTE).length).toBeLessThanOrEqual(9 * 4);
});

test('an SDK of three tries that asks when a fault of up to 20 s has passed gets credentials', async () => {
  const codes = ['StsUnreachable', 'StsUnavailable', 'AgentUnreachable', 'BaseTokenUnreadable'] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...codes),
      fc.integer({ min: 1, max: 20_000 }),
      fc.nat(),
      async (code, ms, seed) => {
        const at = code.startsWith('Sts') ? 'sts' : 'agent';
        const world = makeSimWorld(seeded(seed), { fault: [at, code] });
        await world.clock.advance(ms);
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
