import { setTimeout as sleep } from 'node:timers/promises';
import { reflect, type ReflectorOptions, type Sink, type Source, type WatchEvent } from './reflector.ts';

/** What the source does when it is asked next. A watch lasts `took` ms of the injected clock. */
type Step =
  | { readonly list: readonly string[]; readonly version: string }
  | { readonly listFails: Error }
  | { readonly watch: readonly WatchEvent<string>[]; readonly took?: number; readonly fails?: Error };

interface Run {
  /** What the source was asked, in order. */
  readonly asked: readonly string[];
  /** What became of the sink, in order. */
  readonly sunk: readonly string[];
  readonly warnings: readonly object[];
  /** Real time of each question, in ms. */
  readonly times: readonly number[];
}

/** Runs the reflector through the steps and ends it at the question after them. */
async function run(steps: readonly Step[], changes: Partial<ReflectorOptions> = {}): Promise<Run> {
  const end = new AbortController();
  const left = [...steps];
  const asked: string[] = [];
  const times: number[] = [];
  const warnings: object[] = [];
  let clock = 1_000_000;
  const next = (question: string): Step | undefined => {
    asked.push(question);
    times.push(performance.now());
    if (left.length === 0) end.abort();
    return left.shift();
  };
  const source: Source<string> = {
    list: () => {
      const step = next('list');
      if (step && 'list' in step) return Promise.resolve({ items: step.list, resourceVersion: step.version });
      return Promise.reject(step && 'listFails' in step ? step.listFails : new Error('no list was expected here'));
    },
    watch: async (from, onEvent) => {
      const step = next(`watch ${from}`);
      if (!step) return;
      if (!('watch' in step)) throw new Error('no watch was expected here');
      await sleep(1);
      for (const event of step.watch) onEvent(event);
      clock += step.took ?? 25_000;
      if (step.fails) throw step.fails;
    },
  };
  const sunk: string[] = [];
  const sink: Sink<string> = {
    replace: (items) => sunk.push(`replace ${items.join(',')}`),
    upsert: (item) => sunk.push(`upsert ${item}`),
    remove: (item) => sunk.push(`remove ${item}`),
    contact: () => sunk.push('contact'),
  };
  const log = { info: () => undefined, warn: (fields: object) => warnings.push(fields) };
  await reflect(source, sink, {
    ...{ log, signal: end.signal, now: () => clock, random: () => 1, backoffMs: 1, backoffMaxMs: 2 },
    ...changes,
  });
  return { asked, sunk, warnings, times };
}

const added = (object: string, resourceVersion: string): WatchEvent<string> => ({
  type: 'ADDED',
  object,
  resourceVersion,
});
const bookmark = (resourceVersion: string): WatchEvent<string> => ({ type: 'BOOKMARK', resourceVersion });
const gone: WatchEvent<string> = { type: 'ERROR', code: 410 };
const listed: Step = { list: ['a'], version: '5' };
const failure = (code: number): Error => Object.assign(new Error('failed'), { code });
const reset = Object.assign(new TypeError('terminated: a secret'), { cause: { code: 'ECONNRESET' } });

test('the list replaces, events change one by one, and each is a sign of life', async () => {
  const events: WatchEvent<string>[] = [
    added('b', '6'),
    { type: 'MODIFIED', object: 'b2', resourceVersion: '7' },
    { type: 'DELETED', object: 'b2', resourceVersion: '8' },
    bookmark('9'),
  ];
  const { asked, sunk } = await run([listed, { watch: events }]);
  expect(asked).toEqual(['list', 'watch 5', 'watch 9']);
  expect(sunk).toEqual([
    ...['replace a', 'contact', 'upsert b', 'contact', 'upsert b2', 'contact'],
    ...['remove b2', 'contact', 'contact', 'contact'],
  ]);
});

test('the orderly end of a quiet watch is a sign of life, unless it comes at once', async () => {
  const listing = ['replace a', 'contact'];
  expect((await run([listed, { watch: [] }])).sunk).toEqual([...listing, 'contact']);
  expect((await run([listed, { watch: [], took: 0 }])).sunk).toEqual(listing);
  expect((await run([listed, { watch: [], fails: reset }])).sunk).toEqual(listing);
});

test('a watch that ends, empty or not, goes on from the last resourceVersion', async () => {
  const { asked, warnings } = await run([listed, { watch: [] }, { watch: [bookmark('6')] }, { watch: [] }]);
  expect(asked).toEqual(['list', 'watch 5', 'watch 5', 'watch 6', 'watch 6']);
  expect(warnings).toEqual([]);
});

test('a watch that breaks goes on from the last event, not from where it began', async () => {
  const { asked, warnings } = await run([listed, { watch: [added('b', '6'), bookmark('7')], fails: reset }]);
  expect(asked).toEqual(['list', 'watch 5', 'watch 7']);
  expect(warnings).toEqual([{ code: 'CacheNotSynced', error: 'TypeError ECONNRESET' }]);
});

test.each([
  ['as its answer', { watch: [], fails: failure(410) }],
  ['by the name statusCode', { watch: [], fails: Object.assign(new Error('Gone'), { statusCode: 410 }) }],
  ['as an event', { watch: [bookmark('6'), gone] }],
  ['as an event, and the connection breaks', { watch: [gone], fails: reset }],
  ['as an event, and more comes', { watch: [gone, added('x', '99')] }],
])('410 %s lists again', async (_name, step) => {
  const { asked, sunk } = await run([listed, step, { list: ['b'], version: '20' }]);
  expect(asked).toEqual(['list', 'watch 5', 'list', 'watch 20']);
  expect(sunk).not.toContain('upsert x');
});

test('an error event is no sign of life: what was missed is unknown', async () => {
  const { sunk } = await run([listed, { watch: [gone] }]);
  expect(sunk).toEqual(['replace a', 'contact']);
});

test('an error event ends the watch, whether or not the apiserver does', async () => {
  const end = new AbortController();
  let watches = 0;
  const source: Source<string> = {
    list: () => Promise.resolve({ items: [], resourceVersion: '1' }),
    watch: (_from, onEvent, signal) => {
      if (++watches === 2) end.abort();
      else setImmediate(onEvent, gone);
      return new Promise((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      });
    },
  };
  const sink = { replace: jest.fn(), upsert: jest.fn(), remove: jest.fn(), contact: jest.fn() };
  const log = { info: jest.fn(), warn: jest.fn() };
  await reflect(source, sink, { log, signal: end.signal, now: () => 0, random: () => 0, backoffMs: 1 });
  expect(sink.replace).toHaveBeenCalledTimes(2);
});

test('events that come after the end of their watch are not taken', async () => {
  const end = new AbortController();
  const listeners: ((event: WatchEvent<string>) => void)[] = [];
  const source: Source<string> = {
    list: () => Promise.resolve({ items: [], resourceVersion: '1' }),
    watch: (_from, onEvent) => {
      listeners[0]?.(added('late', '2'));
      listeners.push(onEvent);
      if (listeners.length === 3) end.abort();
      return Promise.resolve();
    },
  };
  const sink = { replace: jest.fn(), upsert: jest.fn(), remove: jest.fn(), contact: jest.fn() };
  const log = { info: jest.fn(), warn: jest.fn() };
  await reflect(source, sink, { log, signal: end.signal, now: () => 0, random: () => 0, backoffMs: 1 });
  expect(sink.upsert).not.toHaveBeenCalled();
});

test('a list that fails is tried again, with a code in the log and no foreign words', async () => {
  const { asked, warnings } = await run([{ listFails: failure(500) }, { listFails: reset }, listed, { watch: [] }]);
  expect(asked).toEqual(['list', 'list', 'list', 'watch 5', 'watch 5']);
  expect(warnings).toEqual([
    { code: 'CacheNotSynced', error: 'HTTP 500' },
    { code: 'CacheNotSynced', error: 'TypeError ECONNRESET' },
  ]);
});

test('a watch that is refused is no reason to list again', async () => {
  const refused = { watch: [], fails: failure(403), took: 0 };
  expect((await run([listed, refused, refused])).asked).toEqual(['list', 'watch 5', 'watch 5', 'watch 5']);
});

test('after relistMs it lists again, to heal what a watch has lost', async () => {
  const { asked, sunk } = await run([listed, { watch: [bookmark('6')] }, { watch: [] }, { list: [], version: '30' }], {
    relistMs: 50_000,
  });
  expect(asked).toEqual(['list', 'watch 5', 'watch 6', 'list', 'watch 30']);
  expect(sunk.at(-2)).toBe('replace ');
});

/** The pauses between questions, at least these (a timer is never early), as multiples of the first. */
const gaps = ({ times }: Run): number[] => times.slice(1).map((time, i) => time - (times[i] ?? 0));

describe('pauses', () => {
  const slow = { backoffMs: 16, backoffMaxMs: 64 };
  const atLeast = (all: number[], wanted: number[]): void =>
    wanted.forEach((ms, i) => expect(all[i]).toBeGreaterThanOrEqual(ms - 1));

  test('grow while lists fail', async () => {
    const failing = Array<Step>(4).fill({ listFails: failure(500) });
    atLeast(gaps(await run(failing, slow)), [16, 32, 64, 64]);
  });

  test('do not grow for ever', async () => {
    // Without an upper end it would take 2 ** 40 ms.
    const failing = Array<Step>(40).fill({ listFails: failure(500) });
    expect((await run(failing)).asked).toHaveLength(41);
  });

  test.each([
    ['ends at once', { watch: [], took: 0 }],
    ['fails', { watch: [], fails: reset }],
  ])('grow while a watch %s', async (_name, step) => {
    atLeast(gaps(await run([listed, step, step, step], slow)).slice(1), [16, 32, 64]);
  });

  test('grow while each watch says that its resourceVersion is gone: lists are dear', async () => {
    const run5 = await run([listed, { watch: [gone] }, listed, { watch: [gone] }, listed, { watch: [gone] }], slow);
    expect(run5.asked.filter((question) => question === 'list')).toHaveLength(4);
    atLeast(
      gaps(run5).filter((_, i) => i % 2 === 1),
      [16, 32, 64],
    );
  });

  test('begin again once something was heard, or a watch has lasted', async () => {
    const broken = { watch: [], fails: reset };
    const heard = { watch: [bookmark('6')], fails: reset };
    // Unbounded growth would take 2 ** 60 ms.
    const steps = [listed, ...Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? broken : heard))];
    expect((await run(steps, { backoffMaxMs: Number.MAX_SAFE_INTEGER })).asked).toHaveLength(62);
    const lasting = [listed, ...Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? broken : { watch: [] }))];
    expect((await run(lasting, { backoffMaxMs: Number.MAX_SAFE_INTEGER })).asked).toHaveLength(62);
  });

  test('end with the signal', async () => {
    const end = new AbortController();
    const source: Source<string> = { list: () => Promise.reject(failure(500)), watch: () => Promise.resolve() };
    const sink = { replace: jest.fn(), upsert: jest.fn(), remove: jest.fn(), contact: jest.fn() };
    const log = { info: jest.fn(), warn: () => setImmediate(() => end.abort()) };
    const options = { log, signal: end.signal, now: () => 0, random: () => 1, backoffMs: 1e8, backoffMaxMs: 1e8 };
    await expect(reflect(source, sink, options)).resolves.toBeUndefined();
  });
});
