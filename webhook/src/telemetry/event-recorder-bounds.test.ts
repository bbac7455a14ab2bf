/** That what waits to be written is bounded: in number, by namespace, by time, and at the end of the process. */
import { LIMITS } from '@rolechain/shared';
import { draft, failure, looked, settled, useEventBenches, type EventBench } from '../testing/event-bench.ts';

const bench = useEventBenches();

test('one namespace has its share, and takes nothing of the others', async () => {
  const of = bench();
  for (let i = 0; i < 1000; i++) of.recorder.tell(draft({ uid: `u-${i}`, namespace: 'loud' }));
  expect(of.counted.dropped).toBe(1000 - LIMITS.eventsOfNamespaceBurst);
  of.recorder.tell(draft({ namespace: 'quiet' }));
  expect(of.counted.dropped).toBe(1000 - LIMITS.eventsOfNamespaceBurst);
  of.clock += LIMITS.eventsOfNamespaceMs;
  of.recorder.tell(draft({ uid: 'later', namespace: 'loud' }));
  of.recorder.tell(draft({ uid: 'too soon', namespace: 'loud' }));
  expect(of.counted.dropped).toBe(1001 - LIMITS.eventsOfNamespaceBurst);
});

test('the share is counted of so many namespaces, and it is that of the longest ago which is forgotten', async () => {
  const of = bench();
  let told = 0;
  const loud = (): void => of.recorder.tell(draft({ uid: `u-${told++}`, namespace: 'loud' }));
  const others = (count: number): void => {
    for (let i = 0; i < count; i++) of.recorder.tell(draft({ namespace: `n-${told++}` }));
  };
  /** There is room for events, but for the share. */
  const hasShare = async (): Promise<boolean> => {
    of.clock += 1000;
    await settled(of, of.counted.written + LIMITS.eventsPerSecond);
    const before = of.counted.dropped;
    loud();
    return of.counted.dropped === before;
  };
  for (let i = 1; i < LIMITS.eventsOfNamespaceBurst; i++) loud();
  await settled(of, LIMITS.eventsOfNamespaceBurst - 1);
  others(LIMITS.eventNamespaces - 1);
  loud();
  others(1);
  expect(await hasShare()).toBe(false);
  others(LIMITS.eventNamespaces);
  expect(await hasShare()).toBe(true);
});

test('writes are so many per second after a burst, and what waits has a bound', async () => {
  const of = bench();
  // Rest saves nothing up.
  of.clock = 3_600_000;
  await looked();
  const most = LIMITS.eventSeries;
  for (let i = 0; i < most + 100; i++) of.recorder.tell(draft({ namespace: `n-${i}` }));
  expect(of.counted.dropped).toBe(100);
  await settled(of, LIMITS.eventsBurst);
  await looked();
  expect(of.created).toHaveLength(LIMITS.eventsBurst);
  of.clock += 2000;
  await settled(of, LIMITS.eventsBurst + 2 * LIMITS.eventsPerSecond);
  await looked();
  expect(of.created).toHaveLength(LIMITS.eventsBurst + 2 * LIMITS.eventsPerSecond);
  // What is written makes room.
  of.recorder.tell(draft({ namespace: 'another' }));
  expect(of.counted.dropped).toBe(100);
});

test('the series that were told longest ago make room', async () => {
  const of = bench();
  const tell = async (i: number): Promise<void> => {
    of.clock += LIMITS.eventRepeatMaxMs;
    const { written } = of.counted;
    of.recorder.tell(draft({ namespace: `n-${i}` }));
    await settled(of, written + 1);
  };
  for (let i = 0; i < LIMITS.eventSeries; i += LIMITS.eventsBurst) {
    of.clock += 60_000;
    const until = Math.min(LIMITS.eventSeries, i + LIMITS.eventsBurst);
    for (let j = i; j < until; j++) of.recorder.tell(draft({ namespace: `n-${j}` }));
    await settled(of, until);
  }
  // The next one takes the place of 1, since 0 came again.
  for (const i of [0, LIMITS.eventSeries, 1, 0]) await tell(i);
  const created = (i: number): number => of.created.filter(({ regarding }) => regarding.namespace === `n-${i}`).length;
  expect([created(0), created(1), of.repeated.length, of.counted.dropped]).toEqual([1, 2, 2, 0]);
});

describe('an apiserver that is slow', () => {
  /** The first write ends when it is told to. */
  const slow = (): { of: EventBench; answer: () => void } => {
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    const of = bench({
      create: async (event) => {
        if (event.reason === 'Windows') await held;
        of.created.push(event);
      },
    });
    of.recorder.tell(draft({ reason: 'Windows' }));
    return { of, answer };
  };
  const written = ({ created }: EventBench): (string | undefined)[] => created.map(({ regarding }) => regarding.uid);

  test('has one write at a time, and the bound of what waits holds', async () => {
    const { of, answer } = slow();
    await looked();
    for (let i = 0; i < LIMITS.eventSeries; i++) of.recorder.tell(draft({ namespace: `n-${i}` }));
    await looked();
    // The one that is being written is counted with them, and holds no place.
    expect([of.created.length, of.counted]).toEqual([0, { written: 0, dropped: 0 }]);
    of.recorder.tell(draft({ namespace: 'another' }));
    expect(of.counted.dropped).toBe(1);
    answer();
    await settled(of, LIMITS.eventsBurst);
  });

  test('drops what waited too long, and counts it; what came again meanwhile is news', async () => {
    const { of, answer } = slow();
    for (const uid of ['waits', 'comes again']) of.recorder.tell(draft({ uid }));
    of.clock = 1;
    of.recorder.tell(draft({ uid: 'waits, too' }));
    of.recorder.tell(draft({ uid: 'comes again' }));
    await looked();
    of.clock = LIMITS.eventWaitMs + 1;
    answer();
    await settled(of, 3);
    expect(written(of)).toEqual(['u-1', 'comes again', 'waits, too']);
    expect([of.counted, of.lines]).toEqual([{ written: 3, dropped: 1 }, []]);
  });
});

test('a count that rests as long as it may is not too old to be written', async () => {
  const of = bench();
  of.recorder.tell(draft());
  await settled(of, 1);
  // After 5, 10, 20 … 300 s, and not longer.
  for (let writes = 2; writes <= 9; writes++) {
    of.recorder.tell(draft());
    of.clock += LIMITS.eventRepeatMaxMs;
    await settled(of, writes);
  }
  expect(of.counted).toEqual({ written: 9, dropped: 0 });
});

describe('at the end', () => {
  test('what is pending is written', async () => {
    const { recorder, created, counted } = bench();
    for (const uid of ['u-1', 'u-2', 'u-3']) recorder.tell(draft({ uid }));
    await recorder.flush();
    expect([created.length, counted]).toEqual([3, { written: 3, dropped: 0 }]);
  });

  test('no more are written than one burst: all replicas may end at once', async () => {
    const { recorder, counted, lines, end } = bench();
    // As in the process, whose loop has ended by then.
    end();
    for (let i = 0; i < LIMITS.eventsBurst + 5; i++) recorder.tell(draft({ namespace: `n-${i}` }));
    await recorder.flush();
    expect([counted, lines]).toEqual([{ written: LIMITS.eventsBurst, dropped: 5 }, [{ events: 5 }]]);
  });

  test('an API that does not answer, or refuses, holds nobody up: the rest is counted and said once', async () => {
    let tries = 0;
    let answer = (): void => undefined;
    const late = (): Promise<void> => {
      tries++;
      return new Promise((resolve) => (answer = resolve));
    };
    for (const create of [late, () => Promise.reject(failure(503))]) {
      const { recorder, counted, lines, end } = bench({ create });
      end();
      for (const uid of ['u-1', 'u-2', 'u-3']) recorder.tell(draft({ uid }));
      await recorder.flush();
      expect(counted).toEqual({ written: 0, dropped: 3 });
      expect(lines.at(-1)).toEqual({ events: 3 });
    }
    // Its answer comes behind the end, and nothing more is asked.
    answer();
    await looked();
    expect(tries).toBe(1);
  });
});
