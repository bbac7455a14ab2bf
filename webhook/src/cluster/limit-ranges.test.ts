import { LIMITS } from '@rolechain/shared';
import { STALE_MS } from './annotation-cache.ts';
import { projectLimitRange, makeLimitRangeCache } from './limit-ranges.ts';

const range = (namespace: string, name: string, cpu = '50m'): ReturnType<typeof projectLimitRange> =>
  projectLimitRange({ metadata: { namespace, name }, spec: { limits: [{ type: 'Container', min: { cpu } }] } });

test('the rules of a namespace, of all its LimitRanges, as of the last event', () => {
  const cache = makeLimitRangeCache(() => 0);
  cache.sink.replace([range('shop', 'a'), range('shop', 'b', '1'), range('tools', 'a', '2')]);
  expect([cache.synced(), cache.known(), cache.rulesOf('shop')]).toEqual([false, false, []]);
  cache.sink.contact();
  const values = (): string[] => cache.rulesOf('shop').map(({ range: name, value }) => `${name} ${value}`);
  expect([cache.synced(), cache.known(), values()]).toEqual([true, true, ['a 50m', 'b 1']]);
  cache.sink.upsert(range('shop', 'a', '70m'));
  cache.sink.remove(range('shop', 'b'));
  expect([values(), cache.size()]).toEqual([['a 70m'], 2]);
  expect(cache.rulesOf('nowhere')).toEqual([]);
  cache.sink.replace([]);
  expect([values(), cache.size()]).toEqual([[], 0]);
});

test('without contact for long none is known', () => {
  let now = 0;
  const cache = makeLimitRangeCache(() => now);
  cache.sink.replace([range('shop', 'a')]);
  cache.sink.contact();
  now = STALE_MS;
  expect(cache.rulesOf('shop')).toHaveLength(1);
  now++;
  expect([cache.known(), cache.rulesOf('shop'), cache.synced()]).toEqual([false, [], true]);
});

test('of one namespace no more are read than the limit, and all together take no more room than theirs', () => {
  const cache = makeLimitRangeCache(() => 0);
  cache.sink.contact();
  const most = LIMITS.limitRangesOfNamespace;
  for (let i = 0; i <= most; i++) cache.sink.upsert(range('shop', `r${i}`));
  expect([cache.rulesOf('shop').length, cache.size()]).toEqual([most, most]);
  for (let i = 0; cache.size() === most + i; i++) cache.sink.upsert(range(`n${i}`, 'x'));
  expect(cache.size()).toBeGreaterThan(10_000);
  expect(cache.rulesOf('shop')).toHaveLength(most);
});

test('of a hostile one only a bounded part is kept', () => {
  const limits = Array.from({ length: 5000 }, () => ({
    type: 'Container',
    min: { cpu: '1'.repeat(60), x: 'y'.repeat(9999) },
  }));
  const { annotations } = projectLimitRange({ metadata: { namespace: 'shop', name: 'x' }, spec: { limits } });
  expect(JSON.stringify(annotations).length).toBeLessThan(8192);
});
