/** The sidecar's core on a simulated node whose clock is wrong by up to a day, and jumps: what is fetched and served stays the same. */
import fc from 'fast-check';
import { seeded } from '@rolechain/kit/seeded.ts';
import { hop, HOUR, makeSimWorld, MINUTE, role, SECOND, type SimWorld } from './sim-world.ts';

/** What AWS's time is known to: whole seconds, and calls take a tenth of one. */
const KNOWN_TO_MS = 1_200;
/** Of the first call that is signed again. */
const AGAIN_MS = 200;

const ofDay = fc.integer({ min: -24 * HOUR + SECOND, max: 24 * HOUR - SECOND });
const options = { roles: [role('default', hop('target', 900))], baseMs: 6 * HOUR };

/** Asks each 10 s; AWS's clock says whether what was answered was right. */
async function run(world: SimWorld, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10 * SECOND) {
    void world.ask();
    await world.clock.advance(10 * SECOND);
  }
}

/** Requests that were answered otherwise than AWS's clock would have it, by more than can be known. */
const wrong = ({ seen }: SimWorld) =>
  seen.filter(({ status, leftMs }) => (status === 200 ? leftMs < -KNOWN_TO_MS : leftMs > KNOWN_TO_MS));

test('no offset within a day changes what is fetched, or when', async () => {
  const right = makeSimWorld(seeded(7), options);
  await run(right, 2 * HOUR);
  await fc.assert(
    fc.asyncProperty(ofDay, async (offMs) => {
      const world = makeSimWorld(seeded(7), { ...options, offMs });
      await run(world, 2 * HOUR);
      expect(world.fetches.length).toBe(right.fetches.length);
      for (const [index, { at, left }] of world.fetches.entries()) {
        // Each session is known to begin and end as well as AWS's time is.
        const apart = AGAIN_MS + index * 2 * KNOWN_TO_MS;
        expect(Math.abs(at - (right.fetches[index]?.at ?? NaN))).toBeLessThanOrEqual(apart);
        expect(Math.abs(left - (right.fetches[index]?.left ?? NaN))).toBeLessThanOrEqual(apart);
      }
      expect(world.seen.map(({ status }) => status)).toEqual(right.seen.map(({ status }) => status));
      expect(wrong(world)).toEqual([]);
      // One refusal at most, and none after it.
      expect(world.calls.length - right.calls.length).toBeLessThanOrEqual(1);
      expect(world.ends.flatMap(({ error }) => error ?? [])).toEqual([]);
    }),
    { numRuns: 25, examples: [[50 * MINUTE], [-50 * MINUTE], [-10 * MINUTE], [7 * HOUR]] },
  );
});

test('nor do jumps, with STS well or out: one fetch more for each, and what is held is served to its end and no longer', async () => {
  const jump = fc.record({
    by: ofDay,
    sleeps: fc.nat(HOUR),
    lasts: fc.integer({ min: MINUTE, max: 30 * MINUTE }),
    out: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(jump, { minLength: 1, maxLength: 5 }), async (jumps) => {
      const world = makeSimWorld(seeded(7), options);
      await run(world, MINUTE);
      for (const { by, sleeps, lasts, out } of jumps) {
        world.fail('sts', out ? 'StsUnavailable' : undefined);
        world.clock.jump(by);
        world.sleep(sleeps);
        await run(world, lasts);
      }
      expect(wrong(world)).toEqual([]);
      expect(world.ends.flatMap(({ error }) => (error?.code === 'StsClockSkew' ? [error] : []))).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

test('a machine that its host stopped for hours, and whose clock is set then: it asks STS first', async () => {
  const world = makeSimWorld(seeded(7), options);
  await run(world, MINUTE);
  const before = world.fetches.length;
  world.clock.pause(3 * HOUR);
  void world.ask();
  await world.clock.advance(SECOND);
  expect(world.fetches.length).toBe(before + 1);
  await run(world, HOUR);
  // What was held had ended unawares: the first request waited for the answer.
  expect(wrong(world)).toEqual([]);
});

test('the same while STS is out: what is held is served, by all that can be known', async () => {
  const world = makeSimWorld(seeded(7), options);
  await run(world, MINUTE);
  world.fail('sts', 'StsUnreachable', 5 * SECOND);
  world.clock.jump(3 * HOUR);
  await run(world, 10 * MINUTE);
  expect(world.seen.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
});
