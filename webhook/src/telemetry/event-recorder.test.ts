import { LIMITS } from '@rolechain/shared';
import { until } from '@rolechain/kit/until.ts';
import { makeEventRecorder, type EventApi, type EventRecorder, type NewEvent } from './event-recorder.ts';
import type { EventDraft } from './event.ts';

const draft = (changes: Partial<EventDraft> & { uid?: string; namespace?: string } = {}): EventDraft => {
  const { uid = 'u-1', namespace = 'shop', ...rest } = changes;
  const regarding = { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, name: 'orders-1', uid };
  return { regarding, action: 'Inject', reason: 'HostNetwork', note: 'why', ...rest };
};
const failure = (code: number): Error => Object.assign(new Error('as the client throws it'), { code });

interface Bench {
  readonly recorder: EventRecorder;
  readonly created: NewEvent[];
  /** `name=count`, in their order. */
  readonly repeated: string[];
  readonly counted: { written: number; dropped: number };
  readonly lines: unknown[];
  /** Milliseconds that have passed. */
  clock: number;
}

const controllers: AbortController[] = [];
afterEach(() => {
  for (const controller of controllers.splice(0)) controller.abort();
});

function bench(changes: Partial<EventApi> = {}): Bench {
  const controller = new AbortController();
  controllers.push(controller);
  const counted = { written: 0, dropped: 0 };
  const made: Omit<Bench, 'recorder'> = { created: [], repeated: [], counted, lines: [], clock: 0 };
  const api: EventApi = {
    create: (event) => Promise.resolve(made.created.push(event)),
    repeat: (_namespace, name, count) => Promise.resolve(made.repeated.push(`${name}=${count}`)),
    uidOf: (namespace, name) => Promise.resolve(`uid of ${namespace}/${name}`),
    ...changes,
  };
  const recorder = makeEventRecorder({
    api,
    metrics: { eventWritten: () => counted.written++, eventDropped: () => counted.dropped++ },
    log: { warn: (fields: unknown) => made.lines.push(fields) } as never,
    signal: controller.signal,
    now: () => made.clock,
    date: () => new Date(made.clock),
    restMs: 1,
  });
  void recorder.keep();
  return Object.assign(made, { recorder });
}
const settled = (of: Bench, written: number): Promise<void> =>
  until(`${written} are written`, 90_000, () => of.counted.written >= written);
/** The loop has looked many times since. */
const looked = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

test('what is told is written once, below the name of its object', async () => {
  const of = bench();
  of.recorder.tell(draft());
  await settled(of, 1);
  expect(of.created).toEqual([
    { ...draft(), name: expect.stringMatching(/^orders-1\.[0-9a-f]{16}$/) as string, at: new Date(0) },
  ]);
});

test('the same again is one event, whose series has the count: written seldom, and each time after twice as long', async () => {
  const of = bench();
  of.recorder.tell(draft());
  await settled(of, 1);
  for (let i = 0; i < 50; i++) of.recorder.tell(draft());
  await looked();
  expect([of.created.length, of.repeated]).toEqual([1, []]);
  of.clock = LIMITS.eventRepeatMs;
  await settled(of, 2);
  const name = of.created[0]?.name;
  expect(of.repeated).toEqual([`${name}=51`]);
  of.recorder.tell(draft());
  of.clock += LIMITS.eventRepeatMs;
  await looked();
  expect(of.repeated).toHaveLength(1);
  of.clock += LIMITS.eventRepeatMs;
  await settled(of, 3);
  expect(of.repeated).toEqual([`${name}=51`, `${name}=52`]);
  of.clock += 10 * LIMITS.eventRepeatMaxMs;
  await looked();
  expect(of.repeated).toHaveLength(2);
});

test('what came again before the first write is counted too', async () => {
  const of = bench();
  for (let i = 0; i < 3; i++) of.recorder.tell(draft());
  await settled(of, 1);
  of.clock = LIMITS.eventRepeatMs;
  await settled(of, 2);
  expect(of.repeated).toEqual([`${of.created[0]?.name}=3`]);
});

test('a pod that is reviewed twice counts once; one that came with a sidecar counts, too', async () => {
  const of = bench();
  const pod = (...reviews: boolean[]): void => {
    for (const isAgain of reviews) of.recorder.tell(draft(isAgain ? { isAgain } : {}));
  };
  pod(false, true);
  await settled(of, 1);
  of.clock = LIMITS.eventRepeatMs;
  await looked();
  expect([of.created.length, of.repeated]).toEqual([1, []]);
  // Side by side, as replicas are made.
  pod(false, false, true, true);
  await settled(of, 2);
  expect(of.repeated).toEqual([`${of.created[0]?.name}=3`]);
  of.recorder.tell(draft({ note: 'written by hand', isAgain: true }));
  of.recorder.tell(draft({ note: 'written by hand', isAgain: true }));
  await settled(of, 3);
  of.clock += LIMITS.eventRepeatMs;
  await settled(of, 4);
  expect(of.repeated[1]).toBe(`${of.created[1]?.name}=2`);
});

test('another object, reason or note is another event', async () => {
  const of = bench();
  for (const each of [draft(), draft({ uid: 'u-2' }), draft({ reason: 'Windows' }), draft({ note: 'another' })])
    of.recorder.tell(each);
  await settled(of, 4);
  expect(of.created).toHaveLength(4);
});

test('without a uid the ServiceAccount is looked up; where there is none, nothing is written', async () => {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', namespace: 'shop', name: 'orders' };
  const of = bench({ uidOf: (_, name) => Promise.resolve(name === 'orders' ? 'found' : undefined) });
  of.recorder.tell({ ...draft(), regarding: account });
  of.recorder.tell({ ...draft(), regarding: { ...account, name: 'gone' } });
  await until('both are over', 90_000, () => of.counted.written + of.counted.dropped === 2);
  expect(of.created.map(({ regarding }) => regarding)).toEqual([{ ...account, uid: 'found' }]);
  expect([of.counted.dropped, of.lines]).toEqual([1, []]);
});

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

test('writes are so many per second after a burst, and what waits has a bound', async () => {
  const of = bench();
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

test('a refusal of the API is logged once and not tried again; what may pass is, three times', async () => {
  let status = 403;
  let tries = 0;
  const create = (): Promise<never> => {
    tries++;
    return Promise.reject(failure(status));
  };
  const of = bench({ create });
  of.recorder.tell(draft());
  of.recorder.tell(draft({ uid: 'u-2' }));
  await until('both are dropped', 90_000, () => of.counted.dropped === 2);
  expect([tries, of.lines]).toEqual([2, [{ error: 'HTTP 403' }]]);
  status = 503;
  of.recorder.tell(draft({ uid: 'u-3' }));
  await until('it was tried', 90_000, () => tries === 3);
  for (const expected of [4, 5]) {
    of.clock += 2000;
    await until('it is tried again', 90_000, () => tries === expected);
  }
  await until('it is dropped', 90_000, () => of.counted.dropped === 3);
  expect(of.lines).toEqual([{ error: 'HTTP 403' }, { error: 'HTTP 503' }]);
});

test('an event that the apiserver has forgotten is written again', async () => {
  let forgotten = true;
  const of = bench({
    repeat: () => {
      const gone = forgotten;
      forgotten = false;
      return gone ? Promise.reject(failure(404)) : Promise.resolve();
    },
  });
  of.recorder.tell(draft());
  await settled(of, 1);
  of.recorder.tell(draft());
  of.clock = LIMITS.eventRepeatMs;
  await settled(of, 2);
  expect(of.created).toHaveLength(2);
  expect([of.counted.dropped, of.lines]).toEqual([0, []]);
});

describe('at the end', () => {
  test('what is pending is written', async () => {
    const { recorder, created, counted } = bench();
    for (const uid of ['u-1', 'u-2', 'u-3']) recorder.tell(draft({ uid }));
    await recorder.flush();
    expect([created.length, counted]).toEqual([3, { written: 3, dropped: 0 }]);
  });

  test('an API that does not answer, or refuses, holds nobody up: the rest is counted and said once', async () => {
    for (const create of [() => new Promise(() => undefined), () => Promise.reject(failure(503))]) {
      const { recorder, counted, lines } = bench({ create });
      for (const uid of ['u-1', 'u-2', 'u-3']) recorder.tell(draft({ uid }));
      await recorder.flush();
      expect(counted).toEqual({ written: 0, dropped: 3 });
      expect(lines.at(-1)).toEqual({ events: 3 });
    }
  });
});
