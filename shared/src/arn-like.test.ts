import fc from 'fast-check';
import { arnLike } from './arn-like.ts';

const ROLE = 'arn:aws:iam::222222222222:role/team/orders';

test.each([
  [ROLE, true],
  ['arn:aws:iam::222222222222:role/*', true],
  ['arn:aws:iam::222222222222:role/team/*', true],
  ['arn:aws:iam::*:role/*', true],
  ['arn:*:iam::222222222222:role/*/orders', true],
  ['arn:aws:iam::22222222222?:role/team/order?', true],
  ['arn:aws:iam::222222222222:*orders', true],
  ['arn:aws:iam:*:222222222222:role/team/orders', true],
  ['arn:aws:iam::222222222222:role/**/orders*', true],
  // A star does not cross a colon, and a question mark is exactly one character.
  ['arn:aws:*:role/team/orders', false],
  ['arn:aws:iam::222222222222:role/orders', false],
  ['arn:aws:iam::222222222222:role/team/orders?', false],
  ['arn:aws:iam::333333333333:role/*', false],
  ['arn:aws:iam:::role/*', false],
  ['arn:aws:iam::222222222222:ROLE/team/orders', false],
  ['arn:aws:iam::222222222222:role/team/order', false],
  // No characters of a regular expression mean anything.
  ['arn:aws:iam::222222222222:role/.*', false],
  ['arn:aws:iam::222222222222:role/team/(orders)', false],
  ['*', false],
  ['arn:*', false],
  ['', false],
])('%s: %s', (pattern, expected) => expect(arnLike(pattern, ROLE)).toBe(expected));

test("the resource's own colons belong to it", () => {
  expect(arnLike('arn:aws:iam::222222222222:role/a:b/*', 'arn:aws:iam::222222222222:role/a:b/c')).toBe(true);
  expect(arnLike('arn:aws:iam::222222222222:role/*', 'arn:aws:iam::222222222222:role/a:b/c')).toBe(true);
});

/** The definition, word for word; exponential, so only for short texts. */
function byDefinition(glob: string, text: string): boolean {
  const [first, ...rest] = glob;
  const [character, ...behind] = text;
  if (first === undefined) return character === undefined;
  const after = rest.join('');
  if (first === '*')
    return byDefinition(after, text) || (character !== undefined && byDefinition(glob, behind.join('')));
  return character !== undefined && (first === '?' || first === character) && byDefinition(after, behind.join(''));
}

test('a part matches as the definition says', () => {
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 7 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 });
  fc.assert(
    fc.property(glob, text, (g, t) => {
      expect(arnLike(`arn:aws:iam::1:${g}`, `arn:aws:iam::1:${t}`)).toBe(byDefinition(g, t));
    }),
    { numRuns: 2000 },
  );
});

test('so it does across the 32 states of a word', () => {
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 4 });
  fc.assert(
    fc.property(glob, fc.integer({ min: 28, max: 70 }), fc.nat(4), fc.nat(3), (g, n, more, stars) => {
      const text = 'ab'.repeat(n).slice(0, n) + 'a'.repeat(more);
      const pattern = '*'.repeat(stars) + '?'.repeat(n) + g;
      const expected = stars > 0 ? anyEnd(g, text, n) : text.length >= n && byDefinition(g, text.slice(n));
      expect(arnLike(`arn:aws:iam::1:${pattern}`, `arn:aws:iam::1:${text}`)).toBe(expected);
    }),
  );
});

/** Whether an end of the text with at least `n` characters before it matches. */
function anyEnd(glob: string, text: string, n: number): boolean {
  return Array.from({ length: Math.max(0, text.length - n + 1) }, (_, i) => text.slice(n + i)).some((end) =>
    byDefinition(glob, end),
  );
}

test('stars that would make a regular expression go back for ever', () => {
  const text = `arn:aws:iam::1:role/${'a'.repeat(2000)}`;
  expect(arnLike(`arn:aws:iam::1:role/${'a*'.repeat(500)}b`, text)).toBe(false);
  expect(arnLike(`arn:aws:iam::1:role/${'*a'.repeat(500)}`, text)).toBe(true);
});
