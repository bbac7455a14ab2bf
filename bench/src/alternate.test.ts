import { alternate } from './alternate.ts';

test('the first one of a round changes, and each result stands with its item', async () => {
  const order: string[] = [];
  const results = await alternate(['a', 'b'], 3, async (item) => `${item}${order.push(item)}`);
  expect(order.join('')).toBe('abbaab');
  expect(results).toEqual([
    ['a1', 'a4', 'a5'],
    ['b2', 'b3', 'b6'],
  ]);
});
