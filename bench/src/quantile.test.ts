import { median, quantile } from './quantile.ts';

test('the median is the middle one, whatever the order', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([])).toBeNaN();
});

test('a quantile leaves its share of the values below it', () => {
  const values = Array.from({ length: 200 }, (_, index) => index);
  expect(quantile(values, 0.99)).toBe(198);
  expect(quantile(values, 1)).toBe(199);
  expect(quantile(values, 0)).toBe(0);
});
