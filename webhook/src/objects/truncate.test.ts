import { LIMITS } from '@rolechain/shared';
import { truncate, truncateWarnings } from './truncate.ts';

const { placesNamed, warnings: most } = LIMITS;
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `c${index}`);

test('as many places as are named stand alone, the others are counted', () => {
  expect(truncate([])).toBe('');
  expect(truncate(names(3), '; ')).toBe('c0; c1; c2');
  expect(truncate(names(placesNamed))).not.toContain('more');
  expect(truncate(names(placesNamed + 7))).toMatch(/c9, and 7 more$/);
});

test('no answer has more warnings than the limit, and the last says how many are left out', () => {
  expect(truncateWarnings(names(most))).toEqual(names(most));
  const cut = truncateWarnings(names(most + 5));
  expect(cut).toHaveLength(most);
  expect(cut.at(-1)).toBe('and 6 more warnings of rolechain');
});
