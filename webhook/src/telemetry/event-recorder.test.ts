import { LIMITS } from '@rolechain/shared';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { draft, failure, looked, settled, useEventBenches } from '../testing/event-bench.ts';
import type { EventDraft } from './event.ts';

const bench = useEventBenches();

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
  pod(false);
  await settled(of, 1);
  pod(true);
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

test('another object, action, reason or note is another event', async () => {
  const of = bench();
  const { regarding } = draft();
  const others: readonly Partial<EventDraft>[] = [
    ...(['kind', 'namespace', 'name', 'uid'] as const).map((part) => ({
      regarding: { ...regarding, [part]: 'another' },
    })),
    ...[{ action: 'Write' as const }, { reason: 'Windows' }, { note: 'another' }],
  ];
  for (const changes of [{}, ...others]) of.recorder.tell({ ...draft(), ...changes });
  await settled(of, 1 + others.length);
  expect(of.created).toHaveLength(1 + others.length);
});

test('the name of an event is one that the API takes', async () => {
  const of = bench();
  of.recorder.tell({ ...draft(), regarding: { ...draft().regarding, name: `${'a'.repeat(199)}.${'b'.repeat(53)}` } });
  await settled(of, 1);
  expect(of.created[0]?.name).toMatch(/^a{199}\.x\.[0-9a-f]{16}$/);
});

test('a count has the time of the last', async () => {
  const times: Date[] = [];
  const of = bench({ repeat: (_namespace, _name, _count, at) => Promise.resolve(times.push(at)) });
  of.recorder.tell(draft());
  await settled(of, 1);
  of.clock = 1000;
  of.recorder.tell(draft());
  of.clock = LIMITS.eventRepeatMs;
  await settled(of, 2);
  expect(times).toEqual([new Date(1000)]);
});

test('without a uid the ServiceAccount is looked up; where there is none, nothing is written', async () => {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', namespace: 'shop', name: 'orders' };
  const of = bench({ uidOf: (_, name) => Promise.resolve(name === 'orders' ? 'found' : undefined) });
  of.recorder.tell({ ...draft(), regarding: account });
  of.recorder.tell({ ...draft(), regarding: { ...account, name: 'gone' } });
  await until('both are over', PATIENCE_MS, () => of.counted.written + of.counted.dropped === 2);
  expect(of.created.map(({ regarding }) => regarding)).toEqual([{ ...account, uid: 'found' }]);
  expect([of.counted.dropped, of.lines]).toEqual([1, []]);
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
  await until('both are dropped', PATIENCE_MS, () => of.counted.dropped === 2);
  expect([tries, of.lines]).toEqual([2, [{ error: 'HTTP 403' }]]);
  status = 503;
  of.recorder.tell(draft({ uid: 'u-3' }));
  await until('it was tried', PATIENCE_MS, () => tries === 3);
  for (const expected of [4, 5]) {
    of.clock += 2000;
    await until('it is tried again', PATIENCE_MS, () => tries === expected);
  }
  await until('it is dropped', PATIENCE_MS, () => of.counted.dropped === 3);
  expect(of.lines).toEqual([{ error: 'HTTP 403' }, { error: 'HTTP 503' }]);
});

test('what was written begins its tries from one, and its failures are logged again', async () => {
  let failures = 2;
  const mayFail = (): Promise<void> => (failures-- > 0 ? Promise.reject(failure(503)) : Promise.resolve());
  const of = bench({ create: mayFail, repeat: mayFail });
  const written = async (count: number): Promise<void> => {
    await until(`${count} are written`, PATIENCE_MS, () => {
      of.clock += 1000;
      return of.counted.written >= count;
    });
  };
  of.recorder.tell(draft());
  await written(1);
  failures = 2;
  of.recorder.tell(draft());
  await written(2);
  expect([of.counted.dropped, of.lines]).toEqual([0, [{ error: 'HTTP 503' }, { error: 'HTTP 503' }]]);
});

test('what was dropped and comes again is a new event', async () => {
  let refuses = true;
  const of = bench({ create: () => (refuses ? Promise.reject(failure(403)) : Promise.resolve()) });
  of.recorder.tell(draft());
  await until('it is dropped', PATIENCE_MS, () => of.counted.dropped === 1);
  refuses = false;
  of.recorder.tell(draft());
  await settled(of, 1);
  of.clock += LIMITS.eventRepeatMaxMs;
  await looked();
  expect(of.repeated).toEqual([]);
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
