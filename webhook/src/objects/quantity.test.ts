import fc from 'fast-check';
import { parseQuantity } from './quantity.ts';

test.each([
  ['100m', 0.1],
  ['1', 1],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['2e3', 2000],
  ['1E', 1e18],
  ['.5', 0.5],
  ['250u', 0.00025],
  [3, 3],
])('quantity %s', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 9));

test.each(['', '1KB', 'x', '1 Gi', '--1', '1e', '1e999', '64 Mi', ' 1'])('%j is no quantity', (text) =>
  expect(parseQuantity(text)).toBeUndefined(),
);

test('thousandths are the same number as the decimal fraction that they write', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (n) => {
      expect(parseQuantity(`${n}m`)).toBe(parseQuantity((n / 1000).toFixed(3)));
    }),
  );
});
