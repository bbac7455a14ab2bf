/** What is known of AWS's time, whatever the clocks say and however the node's jumps. */
import fc from 'fast-check';
import { LIMITS } from '@rolechain/shared';
import { corrected, makeAwsClock } from './aws-clock.ts';
import { makeSimClock } from '../testing/sim-clock.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const off = fc.integer({ min: -DAY, max: DAY });
/** How long a call took, and the share of it after which STS wrote its Date. */
const took = fc.integer({ min: 0, max: 5_000 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** STS's reading on a true time, in whole seconds, cut. */
const cut = (time: number): number => Math.floor(time / SECOND) * SECOND;

test('a reading leaves an error of half a second and half of the call, whatever was known', () => {
  fc.assert(
    fc.property(off, off, fc.nat(DAY), took, share, (known, ahead, sentAt, ms, at) => {
      const time = cut(ahead + sentAt + ms * at);
      const result = corrected(known, { time, sentAt, receivedAt: sentAt + ms });
      if (result === known) expect(Math.abs(result - ahead)).toBeLessThanOrEqual(SECOND + ms);
      else expect(Math.abs(result - ahead)).toBeLessThanOrEqual((SECOND + ms) / 2);
    }),
    { numRuns: 2_000 },
  );
});

test('what is right stays as it is, to the millisecond', () => {
  fc.assert(
    fc.property(off, fc.nat(DAY), took, share, (ahead, sentAt, ms, at) => {
      const reading = { time: cut(ahead + sentAt + ms * at), sentAt, receivedAt: sentAt + ms };
      expect(corrected(ahead, reading)).toBe(ahead);
    }),
  );
});

test('no clock of a node within a day, and no jump of it, changes what is known once STS has said the time', async () => {
  const step = fc.record({ jump: off, pass: fc.nat(HOUR), sleep: fc.nat(HOUR), hears: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(off, fc.array(step, { minLength: 1, maxLength: 8 }), async (ahead, steps) => {
      const clock = makeSimClock();
      clock.jump(ahead);
      expect([clock.known(), clock.now(), clock.offset()]).toEqual([false, clock.wall(), 0]);
      clock.hear(clock.elapsed());
      for (const { jump, pass, sleep, hears } of steps) {
        clock.jump(jump);
        clock.sleep(sleep);
        await clock.advance(pass);
        if (hears) clock.hear(clock.elapsed());
        expect(Math.abs(clock.now() - clock.aws())).toBeLessThanOrEqual(SECOND);
        // What a signature is dated by.
        expect(clock.wall() + clock.offset()).toBeCloseTo(clock.now(), 3);
      }
    }),
    { numRuns: 50 },
  );
});

test('a time over a day from the node’s and from what is known is not believed', () => {
  const clock = makeSimClock();
  const learned: number[] = [];
  const node = { ...clock, wall: clock.wall };
  const aws = makeAwsClock(node, (offset) => learned.push(offset));
  const hear = (time: number): void => aws.learn({ time, sentAt: 0, receivedAt: 0 });
  const most = LIMITS.clockOffsetMaxSeconds * SECOND;
  hear(clock.wall() + most + SECOND);
  hear(clock.wall() - most - SECOND);
  expect([aws.known(), learned]).toEqual([false, []]);
  hear(clock.wall() + most);
  expect([aws.known(), learned]).toEqual([true, [most + 500]]);
  // The node's clock goes to where nobody believes it; what is known counts on.
  clock.jump(-30 * 365 * DAY);
  hear(cut(aws.now()) + 2 * HOUR);
  expect(learned).toHaveLength(2);
});
