import fc from 'fast-check';
import { parseDuration } from './duration.ts';

test.each([
  ['1h', 3600],
  ['45m', 2700],
  ['90s', 90],
  ['1h30m', 5400],
  ['1h0m1s', 3601],
  ['1h1s', 3601],
  ['60m', 3600],
  ['0s', 0],
  ['900', 900],
  ['0900', 900],
  [900, 900],
  [0, 0],
])('%j is %j s', (value, seconds) => expect(parseDuration(value)).toBe(seconds));

test.each([
  '',
  ' ',
  ' 1h',
  '1h ',
  '1H',
  '1 h',
  '1h 30m',
  '30m1h',
  '1h1h',
  '1d',
  '1.5h',
  '-1h',
  '+1h',
  '1e3',
  'PT1H',
  'h',
  '1h\n',
  '٣m',
  '1234567890',
  '1234567h',
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  true,
  null,
  undefined,
  [],
  ['1h'],
  { h: 1 },
])('%j is none', (value) => expect(parseDuration(value)).toBeUndefined());

test('hours, minutes and seconds add up, and each may be left out', () => {
  const part = fc.option(fc.nat(9999), { nil: undefined });
  fc.assert(
    fc.property(part, part, part, (h, m, s) => {
      const text = [
        h === undefined ? '' : `${h}h`,
        m === undefined ? '' : `${m}m`,
        s === undefined ? '' : `${s}s`,
      ].join('');
      expect(parseDuration(text)).toBe(text === '' ? undefined : (h ?? 0) * 3600 + (m ?? 0) * 60 + (s ?? 0));
    }),
  );
});

test('every result is a whole number that a computer can count to', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.stringMatching(/^\d{0,12}[hms]?(\d{0,12}[hms])?$/)), (value) => {
      const seconds = parseDuration(value) ?? 0;
      expect(Number.isSafeInteger(seconds) && seconds >= 0).toBe(true);
    }),
  );
});
