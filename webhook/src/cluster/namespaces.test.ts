import { CodedError, LIMITS } from '@rolechain/shared';
import { STALE_MS } from './annotation-cache.ts';
import { projectNamespace, makeNamespaceCache, makeNamespaceLookup } from './namespaces.ts';

const KEY = 'rolechain.io/allowed-roles';
const STRAY = 'rolechain.io/alowed-roles';
const CPU = 'rolechain.io/sidecar-cpu-limit';
const shop = {
  metadata: { name: 'shop', annotations: { [KEY]: 'arn', [CPU]: '1', other: 'x', [STRAY]: 'y' } },
};
const bare = { metadata: { name: 'bare' } };

const never = (): Promise<never> => Promise.reject(new Error('no look-up was to be made'));

test('a Namespace of the cache is not asked for, and of its annotations those that are read are kept', async () => {
  const cache = makeNamespaceCache(() => 0);
  expect(cache.synced()).toBe(false);
  cache.sink.replace([shop, bare].map(projectNamespace));
  cache.sink.contact();
  const lookup = makeNamespaceLookup(cache, never);
  expect([await lookup('shop'), await lookup('bare')]).toEqual([
    // Of the keys of our prefix that nobody reads the names are kept, in one value.
    { [KEY]: 'arn', [CPU]: '1', 'rolechain.io/': STRAY },
    {},
  ]);
  expect(cache.synced()).toBe(true);
});

test('one that is missing, gone or perhaps old is asked for live', async () => {
  let now = 0;
  const cache = makeNamespaceCache(() => now);
  const asked: string[] = [];
  const lookup = makeNamespaceLookup(cache, (name) => Promise.resolve((asked.push(name), { [KEY]: 'live' })));
  expect(await lookup('shop')).toEqual({ [KEY]: 'live' });
  cache.sink.upsert(projectNamespace(shop));
  cache.sink.contact();
  expect(await lookup('shop')).toMatchObject({ [KEY]: 'arn', [CPU]: '1' });
  now = STALE_MS + 1;
  expect(await lookup('shop')).toEqual({ [KEY]: 'live' });
  cache.sink.contact();
  cache.sink.remove(projectNamespace(shop));
  expect(await lookup('shop')).toEqual({ [KEY]: 'live' });
  expect(asked).toEqual(['shop', 'shop', 'shop']);
});

test('they are kept within the room for Namespaces', () => {
  const cache = makeNamespaceCache(() => 0);
  const text = 'x'.repeat(1000);
  const most = LIMITS.namespacesKeptBytes / (2 * text.length);
  for (let i = 0; i < 2 * most; i++) cache.sink.upsert({ key: `n-${i}`, annotations: { [KEY]: text } });
  expect(cache.size()).toBeGreaterThan(most / 2);
  expect(cache.size()).toBeLessThanOrEqual(most);
});

test.each([
  ['a failure', () => Promise.reject(Object.assign(new Error('x'), { code: 500 }))],
  ['no such Namespace', () => Promise.reject(Object.assign(new Error('x'), { code: 404 }))],
  ['no answer', () => new Promise<never>(() => undefined)],
])('%s is never an absent annotation', async (_name, read) => {
  const failure = makeNamespaceLookup({ get: () => undefined }, read, 50)('shop');
  await expect(failure).rejects.toBeInstanceOf(CodedError);
  await expect(failure).rejects.toMatchObject({
    code: 'LookupFailed',
    message: expect.stringContaining('Namespace shop'),
  });
});
