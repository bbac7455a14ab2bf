import fc from 'fast-check';
import { ERRORS } from './errors.ts';
import { formatProblems, problem, show } from './problem.ts';

test('without a fix of its own a problem has that of the table', () => {
  expect(problem('FieldMissing', 'roleARN', 'is missing').fix).toBe(ERRORS.FieldMissing.fix);
  expect(problem('FieldMissing', 'roleARN', 'is missing', 'Think.').fix).toBe('Think.');
});

test('all problems stand in one line, each with place, mistake, fix and code', () => {
  const line = formatProblems([
    problem('DocumentWrongType', '', 'is empty'),
    problem('FieldUnknown', 'a.b', 'is not a field', 'did you mean c?'),
  ]);
  expect(line).toBe(
    'it is empty; write a bare role ARN, or one `field: value` per line (DocumentWrongType). ' +
      'a.b is not a field; did you mean c? (FieldUnknown)',
  );
  expect(formatProblems([])).toBe('');
});

test.each([
  [null, 'null'],
  [undefined, 'nothing'],
  [[], 'a list'],
  [{}, 'a map'],
  [new Map(), 'a map'],
  [0, '0'],
  [-1.5, '-1.5'],
  [false, 'false'],
  ['', '""'],
  ['a "b"\n', String.raw`"a \"b\"\n"`],
  [() => 1, 'nothing'],
])('%p is shown as %s', (value, text) => expect(show(value)).toBe(text));

test('a long value is cut', () => {
  expect(show('x'.repeat(78))).toHaveLength(80);
  expect(show('x'.repeat(79))).toBe(`"${'x'.repeat(76)}...`);
});

test('whatever is shown fits one short line', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(show(value)).toMatch(/^[^\n\r]{1,80}$/);
    }),
  );
});
