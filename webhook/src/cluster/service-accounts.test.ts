/** Cache and look-ups; the way of lists and watches to them is in watching.test.ts. */
import { LIMITS } from '@rolechain/shared';
import { accountKeys, type ServiceAccount } from '../objects/service-account.ts';
import {
  json,
  serviceAccount,
  startKubeDouble,
  status,
  type Answerer,
  type KubeDouble,
} from '../testing/kube-double.ts';
import type { CachedObject } from './kind.ts';
import {
  STALE_MS,
  accountReader,
  serviceAccountProjector,
  makeAccountCache,
  makeLookup,
  type AccountCache,
  type ReadAccount,
} from './service-accounts.ts';

const ROLE = 'arn:aws:iam::222222222222:role/orders';
const ours = { 'rolechain.io/assume-role': ROLE };
const known = (object: object): CachedObject => serviceAccountProjector()(object);

describe('the cache', () => {
  let clock = 0;
  const make = () => {
    const cache = makeAccountCache(() => clock);
    cache.sink.replace([known(serviceAccount('orders', '1', ours)), known(serviceAccount('plain', '2'))]);
    cache.sink.contact();
    return cache;
  };

  test('keeps the annotations that are read, and nothing else of an account', () => {
    const cache = makeAccountCache(() => 0);
    const all = Object.fromEntries(
      [...accountKeys(), 'kubectl.kubernetes.io/last-applied-configuration'].map((key) => [key, key]),
    );
    cache.sink.upsert(known(serviceAccount('orders', '1', all)));
    cache.sink.upsert(known({ metadata: { namespace: 'shop', name: 'bare' } }));
    cache.sink.contact();
    expect(cache.get('shop', 'orders')).toEqual({
      namespace: 'shop',
      name: 'orders',
      annotations: Object.fromEntries(accountKeys().map((key) => [key, key])),
    });
    expect(cache.get('shop', 'bare')?.annotations).toEqual({});
  });

  test('is synced once the apiserver was heard of', () => {
    const cache = makeAccountCache(() => 0);
    expect([cache.synced(), cache.get('shop', 'orders')]).toEqual([false, undefined]);
    cache.sink.upsert(known(serviceAccount('orders', '1')));
    expect([cache.synced(), cache.get('shop', 'orders')]).toEqual([false, undefined]);
    cache.sink.contact();
    expect(cache.synced()).toBe(true);
    expect(cache.get('shop', 'orders')).toBeDefined();
    cache.sink.replace([]);
    expect(cache.synced()).toBe(true);
  });

  test('follows what is put, replaced and removed', () => {
    const cache = make();
    expect([cache.size(), cache.get('shop', 'orders')?.annotations]).toEqual([2, ours]);
    cache.sink.upsert(known(serviceAccount('orders', '3')));
    expect(cache.get('shop', 'orders')?.annotations).toEqual({});
    cache.sink.remove(known(serviceAccount('orders', '4')));
    expect([cache.size(), cache.get('shop', 'orders')]).toEqual([1, undefined]);
    cache.sink.replace([known(serviceAccount('new', '5'))]);
    expect([cache.size(), cache.get('shop', 'plain')]).toEqual([1, undefined]);
  });

  test('tells namespaces apart', () => {
    expect(make().get('bank', 'orders')).toBeUndefined();
  });

  test('knows nothing while it may be stale, and all again after a sign of life', () => {
    clock = 0;
    const cache = make();
    clock = STALE_MS;
    expect(cache.get('shop', 'orders')).toBeDefined();
    clock = STALE_MS + 1;
    expect(cache.get('shop', 'orders')).toBeUndefined();
    cache.sink.contact();
    expect(cache.get('shop', 'orders')).toBeDefined();
  });
});

describe('a look-up', () => {
  const found: ServiceAccount = { namespace: 'shop', name: 'orders', annotations: ours };
  const nothing = { get: () => undefined };
  const rejection = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'no error', String);

  test('of a known account asks nobody', async () => {
    const read = jest.fn<ReturnType<ReadAccount>, [string, string]>();
    expect(await makeLookup({ get: () => found }, read)('shop', 'orders')).toBe(found);
    expect(read).not.toHaveBeenCalled();
  });

  test('asks once for all who ask at the same time, and again later', async () => {
    const read = jest.fn(() => Promise.resolve(found));
    const lookup = makeLookup(nothing, read);
    const all = await Promise.all(Array.from({ length: 50 }, () => lookup('shop', 'orders')));
    expect([new Set(all).size, read.mock.calls]).toEqual([1, [['shop', 'orders']]]);
    await Promise.all([lookup('shop', 'orders'), lookup('shop', 'other'), lookup('bank', 'orders')]);
    expect(read).toHaveBeenCalledTimes(4);
  });

  test('that fails, fails for all of them, and the next one asks again', async () => {
    const read = jest.fn(() => Promise.reject(Object.assign(new Error('Body: hush'), { code: 500 })));
    const lookup = makeLookup(nothing, read);
    const errors = await Promise.all([rejection(lookup('shop', 'orders')), rejection(lookup('shop', 'orders'))]);
    const text = 'CodedError: The ServiceAccount could not be looked up in time. ServiceAccount shop/orders: HTTP 500.';
    expect(errors).toEqual([text, text]);
    expect(await rejection(lookup('shop', 'orders'))).toBe(text);
    expect(read).toHaveBeenCalledTimes(2);
  });

  test('that hangs is given up, whatever the reader does', async () => {
    const read = jest.fn(() => new Promise<never>(() => undefined));
    const lookup = makeLookup(nothing, read, 20);
    expect(await rejection(lookup('shop', 'orders'))).toMatch(/shop\/orders: no answer within 20 ms/);
    await rejection(lookup('shop', 'orders'));
    expect(read).toHaveBeenCalledTimes(2);
  });
});

describe('over a real connection', () => {
  let double: KubeDouble;
  let lookup: ReadAccount;
  /** Of look-ups that are answered: how soon is no question of theirs. */
  const PATIENT_MS = 60_000;
  const patient = (cache: Pick<AccountCache, 'get'>): ReadAccount =>
    makeLookup(cache, accountReader(double.kubeConfig, PATIENT_MS), PATIENT_MS);
  beforeEach(async () => {
    double = await startKubeDouble();
    lookup = patient(makeAccountCache(() => 0));
  });
  afterEach(() => double.close());

  test('50 look-ups at once are one request', async () => {
    double.answerBy(json(200, serviceAccount('orders', '1', { ...ours, other: 'x' })));
    const all = await Promise.all(Array.from({ length: 50 }, () => lookup('shop', 'orders')));
    expect(new Set(all)).toEqual(new Set([{ namespace: 'shop', name: 'orders', annotations: ours }]));
    expect(double.asked.map(({ url }) => url.pathname)).toEqual(['/api/v1/namespaces/shop/serviceaccounts/orders']);
  });

  test('an account that does not exist is undefined', async () => {
    double.answerBy(status(404));
    expect(await lookup('shop', 'orders')).toBeUndefined();
  });

  test('an account that was deleted is asked for, and then does not exist', async () => {
    const cache = makeAccountCache(() => 0);
    cache.sink.replace([known(serviceAccount('orders', '1', ours))]);
    cache.sink.contact();
    lookup = patient(cache);
    double.answerBy(status(404));
    expect(await lookup('shop', 'orders')).toBeDefined();
    cache.sink.remove(known(serviceAccount('orders', '2')));
    expect(await lookup('shop', 'orders')).toBeUndefined();
    expect(double.asked).toHaveLength(1);
  });

  test('a stale cache is not believed', async () => {
    let clock = 0;
    const cache = makeAccountCache(() => clock);
    cache.sink.replace([known(serviceAccount('orders', '1'))]);
    cache.sink.contact();
    clock = STALE_MS + 1;
    double.answerBy(json(200, serviceAccount('orders', '2', ours)));
    const account = await patient(cache)('shop', 'orders');
    expect(account?.annotations).toEqual(ours);
  });

  const failures: [string, Answerer, RegExp][] = [
    ['403', status(403), /HTTP 403\.$/],
    ['500', status(500), /HTTP 500\.$/],
    ['429', status(429), /HTTP 429\.$/],
    ['no JSON', (response) => response.setHeader('content-type', 'application/json').end('<html>'), /SyntaxError\.$/],
    ['a connection that breaks', (response) => response.destroy(), /TypeError UND_ERR_SOCKET\.$/],
  ];
  test.each(failures)('%s is no "not annotated"', async (_name, answer, text) => {
    double.answerBy(answer);
    const error = await lookup('shop', 'orders').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'CodedError', code: 'LookupFailed', message: expect.stringMatching(text) });
    expect(String(error)).not.toMatch(/hush|html/);
  });

  test('silence is given up, and its connection closed', async () => {
    const closed = Promise.withResolvers<undefined>();
    double.answerBy((response) => response.socket?.once('close', () => closed.resolve(undefined)));
    // Longer than the product waits: the request must be there before it is given up, however busy the machine is.
    const ms = 2_000;
    const impatient = makeLookup({ get: () => undefined }, accountReader(double.kubeConfig, ms), ms);
    const error = await impatient('shop', 'orders').catch(String);
    expect(error).toMatch(/ServiceAccount shop\/orders: (no answer within 2000 ms|TimeoutError)\.$/);
    expect(LIMITS.liveLookupMs).toBe(500);
    await closed.promise;
  });
});
