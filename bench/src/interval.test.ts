import fc from 'fast-check';
import { ratioInterval } from './interval.ts';

test('a ratio that never changes has no width', () => {
  expect(ratioInterval([0.5, 0.5, 0.5])).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
});

// By hand: the logarithms are -x and x with x = ln 2, so the deviation is x times the root of 2, and that by the root of
// 2 is x; 12.706 x to each side.
test('of two it is as wide as Student says', () => {
  const { mean, low, high } = ratioInterval([0.5, 2]);
  expect(mean).toBeCloseTo(1);
  expect(Math.log2(low)).toBeCloseTo(-12.706);
  expect(Math.log2(high)).toBeCloseTo(12.706);
});

test('turned round, it is the interval of the other way round', () => {
  const some = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(some, (ratios) => {
      const one = ratioInterval(ratios);
      const other = ratioInterval(ratios.map((ratio) => 1 / ratio));
      expect(one.low * other.high).toBeCloseTo(1);
      expect(one.mean * other.mean).toBeCloseTo(1);
      expect(one.low <= one.mean && one.mean <= one.high).toBe(true);
    }),
  );
});

test('one ratio says nothing', () => {
  expect(() => ratioInterval([1])).toThrow('two ratios at least');
});
