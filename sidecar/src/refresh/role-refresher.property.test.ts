/** What holds of a role refresher on `schedule`, whatever its fetches end with and however the node's clock jumps. Times by a clock that never does. */
import fc from 'fast-check';
import type { ErrorCode } from '@rolechain/shared';
import { runs } from '@rolechain/kit/runs.ts';
import type { Clock } from '../model/clock.ts';
import { makeRoleRefresher } from './role-refresher.ts';
import { makeSimClock } from '../testing/sim-clock.ts';
import { makeScript, type Step } from '../testing/sts-script.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const TAKES_MS = 100;

/** A while: what its fetches end with, how the clock jumps at its beginning, whether somebody asks each second. */
interface While {
  readonly lasts: number;
  readonly jump: number;
  readonly ends: Step;
  readonly asked: boolean;
}

/** When fetches began, and how many timers were set besides. */
interface Played {
  readonly began: readonly number[];
  readonly timers: number;
  readonly asks: number;
}

async function play(whiles: readonly While[], random: () => number): Promise<Played> {
  const clock = makeSimClock(random);
  const script = makeScript(clock, TAKES_MS, whiles[0]?.ends ?? 60);
  let timers = 0;
  let asks = 0;
  const counting: Clock = {
    ...clock,
    setTimer: (ms, callback) => {
      timers += 1;
      return clock.setTimer(ms, callback);
    },
  };
  const refresher = makeRoleRefresher({ role: 'r', fetch: script.fetch, clock: counting, onFetched: () => undefined });
  refresher.start();
  for (const { lasts, jump, ends, asked } of whiles) {
    script.then(ends);
    clock.jump(jump);
    if (!asked) await clock.advance(lasts);
    else {
      for (let left = lasts; left > 0; left -= SECOND) {
        refresher.requestRefresh();
        asks += 1;
        await clock.advance(Math.min(SECOND, left));
      }
    }
  }
  refresher.stop();
  return { began: [...script.began, clock.uptime()], timers, asks };
}

/** A generator of chances, as fast-check can print and repeat it. */
const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 7 });
function turns(values: readonly number[]): () => number {
  let i = 0;
  return () => values[i++ % values.length] ?? 0;
}

const jump = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  fc.integer({ min: -2 * SECOND, max: 2 * SECOND }),
  fc.integer({ min: -23 * HOUR, max: 23 * HOUR }),
);
/** A clock is never more than 23 hours off: over a day, what STS says of the time is not believed (adr/0015). */
function believed(whiles: readonly While[]): While[] {
  let off = 0;
  return whiles.map((one) => {
    const next = Math.max(-23 * HOUR, Math.min(23 * HOUR, off + one.jump));
    const jump = next - off;
    off = next;
    return { ...one, jump };
  });
}
const CODES: readonly ErrorCode[] = ['StsUnreachable', 'StsThrottled', 'StsAccessDenied'];
/** Of the length that the contract gives most sessions, 15 minutes to an hour. */
const minutes = fc.integer({ min: 15, max: 60 });
const whiles = (lastsAtMost: number, ends: fc.Arbitrary<Step>): fc.Arbitrary<While[]> =>
  fc
    .array(fc.record({ lasts: fc.integer({ min: 1, max: lastsAtMost }), jump, ends, asked: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    })
    .map(believed);

/** The most of `times` within an hour. */
function mostAnHour(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + HOUR).length));
}

/** The refresh of a session of an hour, a look each minute, the fetch itself. */
const LONGEST_MS = 40 * MINUTE + MINUTE + TAKES_MS;

test('no jump of the clock makes a fetch wait for longer than without it, nor the refresher spin', async () => {
  const step = fc.oneof<fc.Arbitrary<Step>[]>(minutes, fc.constantFrom(...CODES));
  await fc.assert(
    fc.asyncProperty(whiles(HOUR, step), chances, async (all, values) => {
      const { began, timers, asks } = await play(all, turns(values));
      const waits = began.slice(1).map((at, i) => at - (began[i] ?? 0));
      expect(Math.max(...waits)).toBeLessThanOrEqual(LONGEST_MS);
      const looks = (began.at(-1) ?? 0) / MINUTE;
      // A fetch sets one at its end, each look and each request one more.
      expect(timers).toBeLessThanOrEqual(2 * began.length + looks + asks + 1);
    }),
    { numRuns: runs(60) },
  );
});

test('what a person has to change is asked for 240 times an hour at most, and 48 times in its first two minutes, whoever asks', async () => {
  await fc.assert(
    fc.asyncProperty(whiles(HOUR, fc.constant('StsAccessDenied')), chances, async (all, values) => {
      const { began } = await play(all, turns(values));
      // The growth at the start; one fetch more for each jump.
      const besides = 7 + all.length;
      expect(mostAnHour(began.slice(0, -1))).toBeLessThanOrEqual(240 + 48 + besides);
    }),
    { numRuns: runs(40) },
  );
});

test('failing fetches come at the same times, whether or not somebody asks', async () => {
  await fc.assert(
    fc.asyncProperty(whiles(10 * MINUTE, fc.constantFrom<Step[]>(...CODES)), chances, async (all, values) => {
      const still = all.map((one) => ({ ...one, jump: 0 }));
      const played = (asked: boolean): Promise<Played> =>
        play(
          still.map((one) => ({ ...one, asked })),
          turns(values),
        );
      expect((await played(true)).began).toEqual((await played(false)).began);
    }),
    { numRuns: runs(20) },
  );
});

test('good sessions are fetched at their pace, plus once a jump, however often somebody asks', async () => {
  await fc.assert(
    fc.asyncProperty(whiles(2 * HOUR, minutes), chances, async (all, values) => {
      const { began } = await play(all, turns(values));
      // 15 minutes after 7.5; the first at a phase.
      const usual = 1 + Math.floor((began.at(-1) ?? 0) / (7.5 * MINUTE)) + 1;
      expect(began.length - 1).toBeLessThanOrEqual(usual + 2 * all.length);
    }),
    { numRuns: runs(40) },
  );
});

test('the same chances, the same fetches', async () => {
  const step = fc.oneof<fc.Arbitrary<Step>[]>(minutes, fc.constantFrom(...CODES));
  await fc.assert(
    fc.asyncProperty(whiles(20 * MINUTE, step), chances, async (all, values) => {
      expect(await play(all, turns(values))).toEqual(await play(all, turns(values)));
    }),
    { numRuns: runs(10) },
  );
});
