import { LIMITS } from '@rolechain/shared';
import { collectGarbage } from '../runtime/garbage-collection.ts';
import { bench } from '../testing/responder-bench.ts';

test('held until the running fetch ends well', async () => {
  const { clock, ask, refresher, statuses } = bench(500, 60);
  const asked = ask();
  await clock.advance(800);
  expect(asked.answer).toEqual({ status: 200, code: undefined, afterMs: 500 });
  expect(statuses).toEqual([200]);
  refresher.stop();
});

test('held 800 ms, then 503, when the fetch takes longer', async () => {
  const { clock, ask, refresher } = bench(3000, 60);
  const asked = ask();
  await clock.advance(799);
  expect(asked.answer).toBeUndefined();
  await clock.advance(1);
  expect(asked.answer).toEqual({ status: 503, code: 'NotReady', afterMs: 800 });
  refresher.stop();
});

test('a transient failure on the way is no answer: the try after it may be in time', async () => {
  const { clock, ask, refresher } = bench(100, 'StsUnreachable', 60);
  const asked = ask();
  await clock.advance(1000);
  // Fetch 0-100, next one at 600, good at 700.
  expect(asked.answer).toMatchObject({ status: 200 });
  expect(Math.round(asked.answer?.afterMs ?? 0)).toBe(700);
  refresher.stop();
});

test('every request is held, not only the first: SDKs repeat at once', async () => {
  const { clock, ask, refresher } = bench(0, 'StsUnreachable');
  await clock.advance(60_000);
  for (let i = 0; i < 6; i++) {
    const asked = ask();
    await clock.advance(800);
    expect(asked.answer).toEqual({ status: 503, code: 'StsUnreachable', afterMs: 800 });
  }
  refresher.stop();
});

test('a held request waits for the next try, and brings it no further forward', async () => {
  const { clock, ask, refresher, script } = bench(0, 'StsUnreachable');
  await clock.advance(60_000);
  const last = script.began.at(-1) ?? 0;
  // Tries are 5 s apart by now.
  await clock.advance(last + 5_000 - clock.uptime());
  const before = script.began.length;
  script.then(60);
  await clock.advance(2_000);
  const early = ask();
  await clock.advance(2_500);
  expect(early.answer).toEqual({ status: 503, code: 'StsUnreachable', afterMs: 800 });
  expect(script.began.length).toBe(before);
  const asked = ask();
  await clock.advance(800);
  expect(script.began.length).toBe(before + 1);
  expect(asked.answer).toMatchObject({ status: 200, afterMs: expect.closeTo(500, 0) });
  refresher.stop();
});

test('one with a body is answered at once', async () => {
  const { clock, ask, refresher, responder } = bench(0, 'StsUnreachable');
  await clock.advance(60_000);
  const asked = ask({ hasBody: true });
  expect(responder.held()).toBe(0);
  await clock.advance(0);
  expect(asked.answer).toEqual({ status: 503, code: 'StsUnreachable', afterMs: 0 });
  refresher.stop();
});

test('a terminal error that is found meanwhile is told when it is found', async () => {
  const { clock, ask, refresher } = bench(300, 'StsAccessDenied');
  const asked = ask();
  await clock.advance(800);
  expect(asked.answer).toEqual({ status: 403, code: 'StsAccessDenied', afterMs: 300 });
  refresher.stop();
});

test('a terminal error that is known is told at once, and no try comes earlier for it', async () => {
  const { clock, ask, refresher, script } = bench(0, 'StsAccessDenied');
  await clock.advance(5 * 60_000);
  // Just after a try, the next one half a minute away.
  const last = script.began.at(-1) ?? 0;
  await clock.advance(last + 30_000 - clock.uptime());
  await clock.advance(1);
  const before = script.began.length;
  const asked = ask();
  await clock.advance(0);
  expect(asked.answer).toEqual({ status: 403, code: 'StsAccessDenied', afterMs: 0 });
  await clock.advance(25_000);
  expect(script.began.length).toBe(before);
  refresher.stop();
});

test('recovery: what was refused is answered once somebody has mended it', async () => {
  const { clock, ask, refresher, script } = bench(50, 'StsAccessDenied');
  await clock.advance(60_000);
  script.then(60);
  ask();
  await clock.advance(5_100);
  const asked = ask();
  await clock.advance(0);
  expect(asked.answer).toMatchObject({ status: 200 });
  refresher.stop();
});

test(`no more than ${LIMITS.heldRequests} are held; the rest is told so at once`, async () => {
  const { clock, ask, refresher, responder } = bench(60_000, 60);
  const all = Array.from({ length: LIMITS.heldRequests + 1 }, () => ask());
  await clock.advance(0);
  expect(responder.held()).toBe(LIMITS.heldRequests);
  expect(all.at(-1)?.answer).toEqual({ status: 503, code: 'TooManyRequests', afterMs: 0 });
  await clock.advance(800);
  expect(responder.held()).toBe(0);
  expect(all.filter((asked) => asked.answer?.code === 'NotReady')).toHaveLength(LIMITS.heldRequests);
  refresher.stop();
});

test('closed: what is held is answered at once, and nothing is held any more', async () => {
  const { clock, ask, refresher, responder } = bench(60_000, 60);
  const held = ask();
  await clock.advance(100);
  responder.close();
  refresher.stop();
  await clock.advance(0);
  expect(held.answer).toEqual({ status: 503, code: 'NotReady', afterMs: 100 });
  const late = ask();
  await clock.advance(0);
  expect(late.answer).toEqual({ status: 503, code: 'NotReady', afterMs: 0 });
  // No timer of a hold is left; the fetch's own is the script's.
  expect(clock.pending()).toBe(1);
});

test('a request that was held leaves nothing behind', async () => {
  const { clock, ask, refresher } = bench(0, 'StsUnreachable');
  await clock.advance(60_000);
  const heapAfter = async (rounds: number): Promise<number> => {
    for (let i = 0; i < rounds; i++) {
      for (let k = 0; k < 300; k++) ask();
      await clock.advance(800);
    }
    collectGarbage();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const before = await heapAfter(10);
  // 18,000 of them; one promise that each of them waited for took 8 MiB.
  expect((await heapAfter(60)) - before).toBeLessThan(2);
  refresher.stop();
});

describe('the node’s clock jumps past the end of the session that is held', () => {
  const HOURS = 3 * 3_600_000;

  test('a request waits for the fetch that tells whether it has ended, and has the new one', async () => {
    const { clock, ask, refresher, script } = bench(300, 60);
    await clock.advance(300);
    clock.pause(HOURS);
    const asked = ask();
    await clock.advance(800);
    expect(asked.answer).toEqual({ status: 200, code: undefined, afterMs: 300 });
    expect(script.began.length).toBe(2);
    expect(refresher.offer().session?.accessKeyId).toBe('fetch 2');
    refresher.stop();
  });

  test.each<[string, number, number]>([
    ['fails', 300, 300],
    ['takes too long', 3000, 800],
  ])('where that %s, it has the old one: the clock may be wrong', async (_name, takesMs, afterMs) => {
    const { clock, ask, refresher } = bench(takesMs, 60, 'StsUnreachable');
    await clock.advance(takesMs);
    clock.jump(HOURS);
    const asked = ask();
    await clock.advance(800);
    expect(asked.answer).toEqual({ status: 200, code: undefined, afterMs });
    expect(refresher.offer().session?.accessKeyId).toBe('fetch 1');
    await clock.advance(takesMs);
    // Asked once, it is not doubted again.
    const later = ask();
    await clock.advance(0);
    expect(later.answer).toMatchObject({ status: 200, afterMs: 0 });
    refresher.stop();
  });

  test('one more than may be held has it at once', async () => {
    const { clock, ask, refresher } = bench(300, 60);
    await clock.advance(300);
    clock.jump(HOURS);
    const all = Array.from({ length: LIMITS.heldRequests + 1 }, () => ask());
    await clock.advance(0);
    expect(all.filter(({ answer }) => answer?.status === 200)).toHaveLength(1);
    await clock.advance(300);
    expect(all.map(({ answer }) => answer?.status)).toEqual(all.map(() => 200));
    refresher.stop();
  });

  test.each([-3, 0.5])('a jump by %d hours, which leaves it, makes nobody wait', async (hours) => {
    const { clock, ask, refresher, script } = bench(300, 60);
    await clock.advance(300);
    clock.jump(hours * 3_600_000);
    const asked = ask();
    await clock.advance(0);
    expect(asked.answer).toMatchObject({ status: 200, afterMs: 0 });
    expect(script.began.length).toBe(2);
    refresher.stop();
  });
});
