import fc from 'fast-check';
import { memo } from './lru-memo.ts';

/** Doubles a text; `computed` holds every input that was computed. */
function doubling(bounds: { readonly maxEntries: number; readonly maxChars: number }) {
  const computed: string[] = [];
  const compute = (text: string): string => {
    computed.push(text);
    if (text === 'bad') throw new Error('bad');
    return text + text;
  };
  return { computed, double: memo({ compute, keyOf: (text) => text, weigh: (text) => text.length, ...bounds }) };
}

test('an input is computed once while it is kept', () => {
  const { computed, double } = doubling({ maxEntries: 2, maxChars: 100 });
  for (const text of ['a', 'b', 'a', 'b', 'a']) expect(double(text)).toBe(text + text);
  expect(computed).toEqual(['a', 'b']);
});

test('over the number of entries the one that was used longest ago goes', () => {
  const { computed, double } = doubling({ maxEntries: 2, maxChars: 100 });
  for (const text of ['a', 'b', 'a', 'c', 'a', 'b']) double(text);
  expect(computed).toEqual(['a', 'b', 'c', 'b']);
});

test('over the size as many go as it takes; what is too large alone is not kept and drives nothing out', () => {
  const { computed, double } = doubling({ maxEntries: 100, maxChars: 12 });
  // Each character of an input is three of the size.
  for (const text of ['a', 'b', 'cc', 'a', 'ddd', 'a']) double(text);
  expect(computed).toEqual(['a', 'b', 'cc', 'ddd']);
  for (const text of ['eeeee', 'eeeee', 'ddd', 'a']) double(text);
  expect(computed.slice(4)).toEqual(['eeeee', 'eeeee']);
});

test('an error goes through, and is not kept', () => {
  const { computed, double } = doubling({ maxEntries: 2, maxChars: 100 });
  for (let tries = 0; tries < 2; tries++) expect(() => double('bad')).toThrow('bad');
  expect(computed).toEqual(['bad', 'bad']);
});

test('it is the function, and keeps to its bounds as a plain list of the latest would', () => {
  const texts = fc.array(fc.stringMatching(/^[ab]{0,4}$/), { maxLength: 60 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 40 }), (asked, entries, chars) => {
      const { computed, double } = doubling({ maxEntries: entries, maxChars: chars });
      let latest: string[] = [];
      const expected: string[] = [];
      for (const text of asked) {
        expect(double(text)).toBe(text + text);
        if (!latest.includes(text)) expected.push(text);
        latest = latest.filter((one) => one !== text);
        if (text.length * 3 <= chars) latest.push(text);
        while (latest.length > entries || latest.join('').length * 3 > chars) latest.shift();
      }
      expect(computed).toEqual(expected);
    }),
  );
});
