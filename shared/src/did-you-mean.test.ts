import fc from 'fast-check';
import { isOneLetterAway, didYouMean } from './did-you-mean.ts';

const FIELDS = ['roleARN', 'externalID', 'sessionName', 'duration', 'region', 'stsRegion', 'startup'];

test.each([
  ['externalId', 'externalID'],
  ['ROLEARN', 'roleARN'],
  ['roleArn', 'roleARN'],
  ['role-arn', 'roleARN'],
  ['rolARN', 'roleARN'],
  ['durations', 'duration'],
  ['duratoin', 'duration'],
  ['sesionName', 'sessionName'],
  ['reigon', 'region'],
  ['stsRegoin', 'stsRegion'],
])('%s was meant to be %s', (name, meant) => expect(didYouMean(name, FIELDS)).toBe(meant));

test.each(['', 'x', 'namespace', 'policyARNs', '__proto__', 'constructor', 'roleARN'.repeat(10)])(
  '%j resembles none',
  (name) => expect(didYouMean(name, FIELDS)).toBeUndefined(),
);

test('a third of the letters may differ, rounded up', () => {
  expect(didYouMean('roleXYZ', FIELDS)).toBe('roleARN');
  expect(didYouMean('rolWXYZ', FIELDS)).toBeUndefined();
});

test('without known names there is none', () => {
  expect(didYouMean('roleARN', [])).toBeUndefined();
});

test('a swap of neighbours counts once', () => {
  // Of three letters one may differ.
  expect(didYouMean('bac', ['abc'])).toBe('abc');
  expect(didYouMean('bca', ['abc'])).toBeUndefined();
});

test('the nearest wins, and of equals the first', () => {
  expect(didYouMean('abcdex', ['abcdxx', 'abcdef'])).toBe('abcdxx');
  expect(didYouMean('abcxxx', ['abcxyy', 'abcxxy'])).toBe('abcxxy');
});

test('the name itself, in any case, is the nearest to it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...FIELDS), fc.infiniteStream(fc.boolean()), (name, upper) => {
      const written = name.toLowerCase().replace(/./g, (c) => (upper.next().value === true ? c.toUpperCase() : c));
      expect(didYouMean(written, FIELDS)).toBe(name);
    }),
  );
});

test('a name with one letter more, less or different is found', () => {
  const letter = fc.stringMatching(/^[a-z]$/);
  fc.assert(
    fc.property(
      fc.constantFrom(...FIELDS),
      fc.nat(),
      fc.constantFrom(0, 1),
      fc.oneof(letter, fc.constant('')),
      (name, n, taken, put) => {
        const at = n % name.length;
        const written = name.slice(0, at) + put + name.slice(at + taken);
        const expected = FIELDS.includes(written) ? written : name;
        expect(didYouMean(written, FIELDS)).toBe(expected);
      },
    ),
  );
});

test('any text gives a known name or none, and long ones cost nothing', () => {
  fc.assert(fc.property(fc.string(), (name) => expect([undefined, ...FIELDS]).toContain(didYouMean(name, FIELDS))));
  expect(didYouMean('x'.repeat(10_000_000), FIELDS)).toBeUndefined();
});

describe('one letter away', () => {
  /** Every name that one edit makes, by the definition. */
  const edits = (name: string, letter: string): Set<string> => {
    const found = new Set<string>();
    for (let at = 0; at <= name.length; at++) {
      found.add(name.slice(0, at) + letter + name.slice(at));
      if (at < name.length) found.add(name.slice(0, at) + name.slice(at + 1));
      if (at < name.length) found.add(name.slice(0, at) + letter + name.slice(at + 1));
      if (at + 1 < name.length) found.add(name.slice(0, at) + name[at + 1]! + name[at]! + name.slice(at + 2));
    }
    found.delete(name);
    return found;
  };

  test('is what one edit of the definition makes, either way round', () => {
    const name = fc.stringMatching(/^[ab-]{0,6}$/);
    fc.assert(
      fc.property(name, name, (one, other) => {
        const expected = ['a', 'b', '-'].some((letter) => edits(one, letter).has(other));
        expect([isOneLetterAway(one, other), isOneLetterAway(other, one)]).toEqual([expected, expected]);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['app-1', 'app-2'],
    ['app', 'app1'],
    ['app1a', 'appa1'],
    ['app1', 'appl'],
  ])('a digit is no letter: %s and %s', (one, other) => expect(isOneLetterAway(one, other)).toBe(false));

  test('digits elsewhere don’t matter', () => expect(isOneLetterAway('worker-1', 'wroker-1')).toBe(true));
});
