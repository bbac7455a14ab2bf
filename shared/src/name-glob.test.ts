import fc from 'fast-check';
import { matchesNameGlob } from './name-glob.ts';

test.each([
  ['*', 'orders', true],
  ['orders', 'orders', true],
  ['orders', 'orders-2', false],
  ['order*', 'orders', true],
  ['*-ci', 'team-a-ci', true],
  ['*-ci', 'team-a-ci-2', false],
  ['a*b*c', 'a.b-c', true],
  ['a*b*c', 'acb', false],
  ['**', '', true],
])('%s matches %s: %s', (glob, name, expected) => expect(matchesNameGlob(glob, name)).toBe(expected));

test.each(['', 'orders[', '?', 'Orders', 'a b', '.*|x', 'x'.repeat(254)])(
  '%j is no glob, and matches nothing',
  (glob) => {
    for (const name of [glob, 'orders', 'a', '']) expect(matchesNameGlob(glob, name)).toBe(false);
  },
);

test('it is what the regular expression of the same meaning says', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-'), maxLength: 12 });
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '*'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(glob, text, (pattern, name) => {
      const source = pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '[^]*');
      expect(matchesNameGlob(pattern, name)).toBe(new RegExp(`^${source}$`).test(name));
    }),
  );
});
