import { makeRoleRefresher, type Fetched, type RoleRefresher } from './role-refresher.ts';
import { MINUTE } from '../testing/sessions.ts';
import { makeSimClock, type SimClock } from '../testing/sim-clock.ts';
import { makeScript, type Script, type Step } from '../testing/sts-script.ts';

interface Bench {
  readonly clock: SimClock;
  readonly script: Script;
  readonly refresher: RoleRefresher;
  readonly events: Fetched[];
}

/** A started role refresher, of which nothing has ended yet. `random` is near 1 by default: delays are whole. */
function bench(takesMs: number, ...steps: Step[]): Bench {
  const clock = makeSimClock(() => 1 - 1e-12);
  const script = makeScript(clock, takesMs, ...steps);
  const events: Fetched[] = [];
  const refresher = makeRoleRefresher({
    role: 'default',
    fetch: script.fetch,
    clock,
    onFetched: (e) => events.push(e),
  });
  refresher.start();
  return { clock, script, refresher, events };
}

/** Times at which fetches began, in whole minutes. */
const minutes = (script: Script): number[] => script.began.map((ms) => Math.round(ms / MINUTE));

test('a session of an hour is fetched again after 40 minutes, on and on', async () => {
  const { clock, script, refresher, events } = bench(100, 60);
  expect(refresher.offer()).toMatchObject({ session: undefined, error: undefined, fetching: true });
  await clock.advance(125 * MINUTE);
  expect(minutes(script)).toEqual([0, 40, 80, 120]);
  expect(refresher.offer()).toMatchObject({ session: { accessKeyId: 'fetch 4' }, error: undefined, fetching: false });
  expect(events.map((e) => [e.role, e.failures, e.error, e.session?.accessKeyId])).toEqual(
    [1, 2, 3, 4].map((n) => ['default', 0, undefined, `fetch ${n}`]),
  );
  refresher.stop();
  expect(clock.pending()).toBe(0);
});

test('without a session, tries follow the schedule; the first good one ends them', async () => {
  const { clock, script, refresher, events } = bench(0, 'StsUnreachable', 'StsUnreachable', 'StsUnreachable', 60);
  await clock.advance(10_000);
  expect(script.began.map(Math.round)).toEqual([0, 500, 1500, 2500]);
  expect(events.map((e) => [e.error?.code, e.failures])).toEqual([
    ['StsUnreachable', 1],
    ['StsUnreachable', 2],
    ['StsUnreachable', 3],
    [undefined, 0],
  ]);
  refresher.stop();
});

test('the last good session is kept through failures, and its refresh tried on', async () => {
  const { clock, script, refresher } = bench(0, 60, 'StsAccessDenied');
  await clock.advance(59 * MINUTE);
  // A terminal error at the refresh, tried again every two minutes or less.
  expect(script.began.length).toBeGreaterThan(8);
  expect(refresher.offer().session?.accessKeyId).toBe('fetch 1');
  expect(refresher.offer().error?.code).toBe('StsAccessDenied');
  script.then(60);
  await clock.advance(MINUTE);
  expect(refresher.offer()).toMatchObject({
    session: { accessKeyId: `fetch ${script.began.length}` },
    error: undefined,
  });
  refresher.stop();
});

test('there is never more than one fetch running, however often somebody asks', async () => {
  const { clock, script, refresher } = bench(3000, 'StsUnreachable', 'StsUnreachable', 60);
  for (let i = 0; i < 200; i++) {
    refresher.requestRefresh();
    refresher.start();
    await clock.advance(100);
  }
  expect(script.mostAtOnce()).toBe(1);
  refresher.stop();
});

/** The waits between fetches, in whole milliseconds, and when each begins. */
const waits = (began: readonly number[]): { at: number; ms: number }[] =>
  began.slice(1).map((at, i) => ({ at: began[i] ?? 0, ms: Math.round(at - (began[i] ?? 0)) }));

test.each<[Step, number, number, number]>([
  ['StsUnreachable', 1000, 30_000, 5000],
  ['StsThrottled', 1000, 30_000, 5000],
  ['StsAccessDenied', 5000, 2 * MINUTE, 30_000],
])(
  'tries after %s come every %i ms, after %i ms every %i ms, however often somebody asks',
  async (code, quick, ms, then) => {
    const { clock, script, refresher } = bench(0, code);
    for (let i = 0; i < 3000; i++) {
      refresher.requestRefresh();
      await clock.advance(100);
    }
    const all = waits(script.began);
    const grown = all.filter(({ at }) => at >= 5_000);
    expect(all.slice(0, 2).map(({ ms }) => ms)).toEqual([500, 1000]);
    expect(new Set(grown.filter(({ at }) => at < ms).map((one) => one.ms))).toEqual(new Set([quick]));
    expect(new Set(grown.filter(({ at }) => at >= ms).map((one) => one.ms))).toEqual(new Set([then]));
    refresher.stop();
  },
);

test('a session that ends while its refresh fails is followed by quick tries, however many have failed before', async () => {
  const { clock, script, refresher } = bench(0, 60, 'StsThrottled');
  await clock.advance(60 * MINUTE);
  const before = script.began.length;
  expect(before).toBeGreaterThan(3);
  await clock.advance(20_000);
  expect(new Set(waits(script.began.slice(before)).map(({ ms }) => ms))).toEqual(new Set([1000]));
  refresher.stop();
});

test('a good fetch begins the quick tries again', async () => {
  const { clock, script, refresher } = bench(0, 'StsAccessDenied');
  await clock.advance(5 * MINUTE);
  script.then(0.001);
  await clock.advance(30_000);
  script.then('StsAccessDenied');
  await clock.advance(2_000);
  const before = script.began.length;
  await clock.advance(30_000);
  expect(Math.max(...waits(script.began.slice(before)).map(({ ms }) => ms))).toBe(5000);
  refresher.stop();
});

test('requests for a role with a valid session bring nothing forward', async () => {
  const { clock, script, refresher } = bench(0, 60);
  for (let i = 0; i < 39; i++) {
    await clock.advance(MINUTE);
    refresher.requestRefresh();
  }
  expect(script.began).toHaveLength(1);
  refresher.stop();
});

test('a session that has ended unnoticed, by a time of AWS that was learned since: the first request fetches', async () => {
  const { clock, script, refresher } = bench(0, 60);
  await clock.advance(30_000);
  const twoHours = clock.aws() + 120 * MINUTE;
  clock.learn({ time: twoHours, sentAt: clock.elapsed(), receivedAt: clock.elapsed() });
  expect(script.began).toHaveLength(1);
  for (let i = 0; i < 10; i++) refresher.requestRefresh();
  await clock.advance(0);
  expect(script.began).toHaveLength(2);
  refresher.stop();
});

test('sessions that are nearly over when they come do not flood STS', async () => {
  const { clock, script, refresher } = bench(10, 0.001);
  await clock.advance(60_000);
  expect(script.began.length).toBeLessThanOrEqual(61);
  refresher.stop();
});

describe('a clock that jumps', () => {
  test('forward over the refresh: seen within a minute', async () => {
    const { clock, script, refresher } = bench(0, 60);
    await clock.advance(10 * MINUTE);
    clock.jump(45 * MINUTE);
    await clock.advance(MINUTE);
    expect(minutes(script)).toEqual([0, 11]);
    refresher.stop();
  });

  test('forward over the expiry: a request fetches at once', async () => {
    const { clock, script, refresher } = bench(0, 60);
    await clock.advance(10 * MINUTE + 1);
    clock.jump(120 * MINUTE);
    refresher.requestRefresh();
    await clock.advance(1);
    expect(minutes(script)).toEqual([0, 10]);
    refresher.stop();
  });

  test('back by a day: a planned try does not wait for that day', async () => {
    const { clock, script, refresher } = bench(0, 'StsUnreachable');
    await clock.advance(5 * MINUTE);
    const before = script.began.length;
    clock.jump(-24 * 60 * MINUTE);
    await clock.advance(5 * MINUTE);
    expect(script.began.length).toBeGreaterThan(before + 50);
    refresher.stop();
  });

  test('back by a day with a valid session: one fetch, no storm', async () => {
    const { clock, script, refresher } = bench(0, 60);
    await clock.advance(10 * MINUTE);
    clock.jump(-24 * 60 * MINUTE);
    await clock.advance(30 * MINUTE);
    expect(script.began).toHaveLength(2);
    refresher.stop();
  });
});

test('what is not of the table counts as a defect, and is tried again', async () => {
  const defect = (): never => {
    throw new TypeError('x is not a function');
  };
  const { clock, refresher, events } = bench(0, defect, 60);
  await clock.advance(1000);
  expect(events.map((e) => e.error?.code)).toEqual(['InternalError', undefined]);
  expect(events[0]?.error?.message).not.toContain('x is not a function');
  refresher.stop();
});

test('nextEnd resolves at the end of the running fetch, good or bad', async () => {
  const { clock, refresher } = bench(700, 'StsUnreachable', 60);
  const ends: string[] = [];
  void refresher.fetchSettled().then(() => ends.push('first'));
  await clock.advance(699);
  expect(ends).toEqual([]);
  await clock.advance(1);
  expect(ends).toEqual(['first']);
  refresher.stop();
});

test('stopped: no timer is left, and a fetch that ends later changes nothing', async () => {
  const { clock, refresher, events } = bench(1000, 60);
  refresher.stop();
  await clock.advance(2000);
  expect(events).toEqual([]);
  expect(clock.pending()).toBe(0);
  refresher.start();
  refresher.requestRefresh();
  expect(clock.pending()).toBe(0);
});
