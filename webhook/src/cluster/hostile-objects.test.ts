/** Objects that are large or many: what of them is read, and what is kept. */
import fc from 'fast-check';
import { ANNOTATIONS, FOREIGN_KEYS, LIMITS } from '@rolechain/shared';
import { decideServiceAccount } from '../policy/decide-service-account.ts';
import { SETTINGS, TARGET } from '../testing/fixtures.ts';
import { json, list, serviceAccount, startKubeDouble, status, type KubeDouble } from '../testing/kube-double.ts';
import { makeProjector } from './annotation-cache.ts';
import { PAGE } from './list-pages.ts';
import { readLines, readText } from './api.ts';
import { makeKeptObjects } from './kept-objects.ts';
import { makeLiveLookup } from './live-lookup.ts';
import { accountReader, accountSource, serviceAccountProjector, makeAccountCache } from './service-accounts.ts';

const KEY = ANNOTATIONS.assumeRole.key;
const PATIENT_MS = 60_000;

describe('over a real connection', () => {
  let double: KubeDouble;
  let accepted: (string | undefined)[];
  beforeEach(async () => {
    double = await startKubeDouble();
    accepted = [];
  });
  afterEach(() => double.close());

  /** Answers lists from these objects, page by page as they are asked for. */
  const serve = (objects: readonly object[]): void =>
    double.answerBy((response, { searchParams }) => {
      if (searchParams.has('sendInitialEvents')) {
        status(422)(response, new URL('http://x'));
        return;
      }
      accepted.push(response.req.headers.accept);
      const start = Number(searchParams.get('continue') ?? 0);
      const end = start + Number(searchParams.get('limit'));
      json(200, list('9', objects.slice(start, end), end < objects.length ? String(end) : undefined))(
        response,
        new URL('http://x'),
      );
    });
  const limits = (): number[] =>
    double.asked.flatMap(({ url }) => (url.searchParams.has('limit') ? [Number(url.searchParams.get('limit'))] : []));
  const named = (count: number, annotations: Record<string, string>): object[] =>
    Array.from({ length: count }, (_, i) => serviceAccount(`a${i}`, '1', annotations));
  const listing = () => accountSource(double.kubeConfig).list(new AbortController().signal);

  test('of lists, watches and single objects the metadata alone is asked for', async () => {
    serve([]);
    await listing();
    double.answerBy((response) => {
      accepted.push(response.req.headers.accept);
      json(200, serviceAccount('orders', '1', { [KEY]: TARGET }))(response, new URL('http://x'));
    });
    await accountReader(double.kubeConfig, PATIENT_MS)('shop', 'orders');
    await accountSource(double.kubeConfig).watch('1', () => undefined, new AbortController().signal);
    const of = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;
    expect(accepted).toEqual([
      of('PartialObjectMetadataList'),
      of('PartialObjectMetadata'),
      of('PartialObjectMetadata'),
    ]);
  });

  test('a page that is too large comes in smaller ones, and behind them they grow again', async () => {
    const large = { 'example.org/large': 'x'.repeat(250 * 1024) };
    serve([...named(20, large), ...named(3000, {})]);
    const { items, leftOut } = await listing();
    expect([items.length, leftOut]).toEqual([3020, 0]);
    const asked = limits();
    expect(asked[0]).toBe(PAGE);
    expect(Math.min(...asked)).toBeLessThanOrEqual(8);
    expect(asked.at(-1)).toBe(PAGE);
  });

  test('one object may be as large as etcd lets it, and a larger one fails the list with a code', async () => {
    serve(named(1, { 'example.org/large': 'x'.repeat(LIMITS.objectBytes / 2) }));
    expect((await listing()).items).toHaveLength(1);
    serve(named(1, { 'example.org/large': 'x'.repeat(LIMITS.objectBytes) }));
    await expect(listing()).rejects.toMatchObject({ code: 'LookupFailed' });
  });

  test('what there is no room for is left out of the list, and counted', async () => {
    const text = 'x'.repeat(LIMITS.annotationBytes);
    const count = Math.ceil(LIMITS.accountsKeptBytes / 2 / text.length);
    serve([...named(count, { [KEY]: text }), serviceAccount('small', '1', { [KEY]: TARGET })]);
    const { items, leftOut = 0 } = await listing();
    expect(items.length + leftOut).toBe(count + 1);
    expect(leftOut).toBeGreaterThan(count / 3);
    expect(items.at(-1)).toEqual({ key: 'shop/small', annotations: { [KEY]: TARGET } });
  });

  test('a live look-up reads no more than its limit', async () => {
    double.answerBy(json(200, serviceAccount('orders', '1', { other: 'x'.repeat(LIMITS.liveObjectBytes) })));
    const read = accountReader(double.kubeConfig, PATIENT_MS)('shop', 'orders');
    await expect(read).rejects.toMatchObject({ code: 'LookupFailed' });
  });

  test.each([
    ['..', 'orders'],
    ['shop', '.'],
    ['', 'orders'],
  ])('the name %p, %p is no way to another place of the API', async (namespace, name) => {
    await expect(accountReader(double.kubeConfig, PATIENT_MS)(namespace, name)).rejects.toMatchObject({
      name: 'CodedError',
    });
    expect(double.asked).toEqual([]);
  });

  test('what is special in a URL is not so in a name', async () => {
    double.answerBy(json(200, serviceAccount('x', '1')));
    await accountReader(double.kubeConfig, PATIENT_MS)('a/../b', 'c?limit=1#d%2f');
    expect(double.asked[0]?.url.pathname).toBe('/api/v1/namespaces/a%2F..%2Fb/serviceaccounts/c%3Flimit%3D1%23d%252f');
  });
});

describe('an annotation over its limit', () => {
  const text = 'x'.repeat(250 * 1024);
  const kept = (key: string) =>
    serviceAccountProjector()(serviceAccount('orders', '1', { [KEY]: TARGET, [key]: text })).annotations;
  const refusal = (annotations: Readonly<Record<string, string>>): unknown =>
    decideServiceAccount({ namespace: 'shop', name: 'orders', annotations }, SETTINGS, {
      others: new Map(),
      allowedRoles: undefined,
    });

  test.each([KEY, FOREIGN_KEYS.eksRoleARN, FOREIGN_KEYS.eksAudience])(
    '%s takes no memory, and refuses as it would',
    (key) => {
      const bounded = kept(key);
      expect(bounded[key]).not.toBe(text);
      // One and the same text for all of them.
      expect(Object.is(bounded[key], kept(key)[key])).toBe(true);
      const whole = { ...bounded, [FOREIGN_KEYS.eksRoleARN]: bounded[FOREIGN_KEYS.eksRoleARN] ?? TARGET };
      const { message } = refusal(whole) as { message: string };
      expect(refusal({ ...whole, [key]: text })).toMatchObject({ outcome: 'refused' });
      expect(message).toContain(key === KEY ? '(DocumentTooLarge)' : key);
    },
  );
});

describe('the room for what is kept', () => {
  const KEYS = ['a', 'b', 'c', 'd', 'e'];
  const entry = fc.record({ key: fc.constantFrom(...KEYS), chars: fc.nat(600), gone: fc.boolean() });

  test('is never passed, and what is in it is what was set last', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const max = 2000;
        const objects = makeKeptObjects(max);
        const model = new Map<string, string>();
        for (const { key, chars, gone } of entries) {
          const text = 'x'.repeat(chars);
          if (gone) objects.delete(key);
          const fits = !gone && objects.set(key, { text });
          if (fits) model.set(key, text);
          else model.delete(key);
          expect(KEYS.map((each) => objects.get(each)?.text)).toEqual(KEYS.map((each) => model.get(each)));
          const held = [...model.values()].reduce((sum, { length }) => sum + 2 * length, 0);
          expect(held).toBeLessThan(max);
        }
      }),
    );
  });

  test('what changes and does not fit any more is not known as it was', () => {
    const cache = makeAccountCache(() => 0);
    cache.sink.contact();
    const object = (text: string) => serviceAccountProjector()(serviceAccount('orders', '1', { [KEY]: text }));
    const filler = makeProjector('ServiceAccount', [KEY], () => `n/${String(i++)}`);
    let i = 0;
    cache.sink.upsert(object('r'));
    const text = 'y'.repeat(LIMITS.annotationBytes);
    for (let n = 0; n < LIMITS.accountsKeptBytes / text.length; n++) {
      cache.sink.upsert(filler({ metadata: { annotations: { [KEY]: text } } }));
    }
    expect(cache.get('shop', 'orders')?.annotations).toEqual({ [KEY]: 'r' });
    cache.sink.upsert(object(text));
    expect(cache.get('shop', 'orders')).toBeUndefined();
  });
});

describe('texts in pieces', () => {
  async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
    let start = 0;
    for (const size of [...sizes, bytes.length]) {
      yield bytes.subarray(start, start + size);
      start += size;
    }
    await Promise.resolve();
  }
  const sizes = fc.array(fc.nat(7));

  test('are lines, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll('\n', ' '))),
        sizes,
        async (texts, cut) => {
          const read: string[] = [];
          const bytes = Buffer.from(`${texts.map((text) => `${text}\n`).join('')}torn`);
          for await (const lines of readLines(pieces(bytes, cut), 1000)) read.push(...lines);
          expect(read).toEqual(texts);
        },
      ),
    );
  });

  test('are bounded, in all and by the line', async () => {
    const endless = (part: string) =>
      (async function* (): AsyncGenerator<Uint8Array> {
        for (;;) yield await Promise.resolve(Buffer.from(part));
      })();
    expect(await readText(endless('x'), 1000)).toBeUndefined();
    const lines = readLines(endless('x'), 1000);
    await expect(lines.next()).rejects.toMatchObject({ code: 'LookupFailed' });
    expect(await readText(pieces(Buffer.from('x'.repeat(1000)), [1, 2]), 1000)).toHaveLength(1000);
  });
});

describe('live look-ups', () => {
  test('at once are no more than so many, and each has its turn', async () => {
    const live = makeLiveLookup<number>('ServiceAccount', PATIENT_MS);
    const ends: (() => void)[] = [];
    let [at, most] = [0, 0];
    const read = (i: number) => (): Promise<number> => {
      most = Math.max(most, ++at);
      return new Promise((resolve) =>
        ends.push(() => {
          at--;
          resolve(i);
        }),
      );
    };
    const all = Array.from({ length: 100 }, (_, i) => live(`shop/${i}`, read(i)));
    while (ends.length < 100) {
      await new Promise(setImmediate);
      ends.at(-1)?.();
    }
    for (const end of ends) end();
    expect(await Promise.all(all)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(most).toBe(LIMITS.liveLookups);
  });

  test('that had no turn in time fail, and read nothing then', async () => {
    const live = makeLiveLookup<number>('ServiceAccount', 50);
    let reads = 0;
    const hang = (): Promise<number> =>
      new Promise(() => {
        reads++;
      });
    const failures = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => live(`shop/${i}`, hang)));
    expect(new Set(failures.map(({ status }) => status))).toEqual(new Set(['rejected']));
    await new Promise(setImmediate);
    expect(reads).toBe(LIMITS.liveLookups);
    expect(await live('shop/next', () => Promise.resolve(7))).toBe(7);
  });
});
