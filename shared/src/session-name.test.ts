import fc from 'fast-check';
import {
  DEFAULT_SESSION_NAME,
  PLACEHOLDERS,
  placeholdersOf,
  sessionName,
  unknownPlaceholders,
} from './session-name.ts';

/** STS API reference, AssumeRole: RoleSessionName. */
const STS = /^[A-Za-z0-9_+=,.@-]{2,64}$/;
const POD = { namespace: 'shop', serviceAccount: 'orders', pod: 'orders-7d4b9c-x2x', cluster: 'prod' };

test.each([
  [DEFAULT_SESSION_NAME, 'shop.orders-7d4b9c-x2x'],
  ['{cluster}@{namespace}+{serviceAccount}={pod}', 'prod@shop+orders=orders-7d4b9c-x2x'],
  ['{pod}{pod}', 'orders-7d4b9c-x2xorders-7d4b9c-x2x'],
  ['fixed', 'fixed'],
  ['ab', 'ab'],
  ['x'.repeat(64), 'x'.repeat(64)],
])('%s becomes %s', (template, name) => expect(sessionName(template, POD)).toBe(name));

test.each([
  ['too long', 'x'.repeat(65), `${'x'.repeat(53)}-`],
  ['too short', 'x', 'x-'],
  ['empty', '', '-'],
  ['an unknown value is empty', '{cluster}', '-'],
  ['other characters become -', 'a b/c:é', 'a-b-c---'],
])('%s: cut to fit, with a hash at its end', (_name, template, start) => {
  const name = sessionName(template, {});
  expect(name).toMatch(STS);
  expect(name.slice(0, -10)).toBe(start);
  expect(name.slice(-10)).toMatch(/^[0-9a-f]{10}$/);
  expect(sessionName(template, {})).toBe(name);
});

test('values are not read as templates', () => {
  expect(sessionName('{pod}', { pod: '{cluster}', cluster: 'c' })).toMatch(/^-cluster--[0-9a-f]{10}$/);
});

const anyText = fc.string({ unit: 'binary', maxLength: 120 });
const template = fc
  .array(fc.oneof(fc.constantFrom(...PLACEHOLDERS.map((p) => `{${p}}`), '{', '}'), anyText))
  .map((t) => t.join(''));
const values = fc.record(
  { namespace: anyText, serviceAccount: anyText, pod: anyText, cluster: anyText },
  { requiredKeys: [] },
);

test('whatever the template and the values, STS takes the result', () => {
  fc.assert(fc.property(template, values, (text, given) => expect(sessionName(text, given)).toMatch(STS)));
});

test('what STS takes as it is stays as it is', () => {
  fc.assert(fc.property(fc.stringMatching(STS), (clean) => expect(sessionName('{pod}', { pod: clean })).toBe(clean)));
});

test('two pods of different names never share a name, also where it is cut or replaced', () => {
  // Long names that differ only behind the cut, and names that differ only in what is replaced.
  const name = fc.oneof(
    fc.tuple(fc.constant('p'.repeat(60)), fc.stringMatching(/^[a-z0-9]{1,12}$/)).map(([a, b]) => a + b),
    fc.stringMatching(/^[ :/é]{1,4}$/),
    anyText,
  );
  fc.assert(
    fc.property(name, name, (a, b) => {
      fc.pre(a !== b);
      expect(sessionName('{pod}', { pod: a })).not.toBe(sessionName('{pod}', { pod: b }));
    }),
    { numRuns: 1000 },
  );
});

test('a template names its placeholders; others and stray braces are found', () => {
  expect(placeholdersOf('{pod}-{x}-{namespace}{pod}{}')).toEqual(['pod', 'namespace', 'pod']);
  expect(unknownPlaceholders('{pod}-{namespace}')).toEqual([]);
  expect(unknownPlaceholders('{x}{Pod}{}')).toEqual(['{x}', '{Pod}', '{}']);
  expect(unknownPlaceholders('a{b')).toEqual(['{']);
  expect(unknownPlaceholders('a}b')).toEqual(['}']);
  expect(unknownPlaceholders('{{pod}}')).toEqual(['{']);
  expect(unknownPlaceholders('{constructor}')).toEqual(['{constructor}']);
});

test('a template without unknown placeholders leaves no brace in the result', () => {
  fc.assert(
    fc.property(template, (text) => {
      fc.pre(unknownPlaceholders(text).length === 0);
      const filled = sessionName(text.replace(/[^{}A-Za-z]/g, ''), {
        namespace: 'n',
        serviceAccount: 's',
        pod: 'p',
        cluster: 'c',
      });
      expect(filled).not.toMatch(/[{}]/);
    }),
  );
});
