import { LIMITS } from '../limits.ts';
import { FIELDS } from './fields.ts';
import { ARN, bomb, codesOf, document, problemsOf, roleOf } from './testing.ts';

test('the document: to the byte', () => {
  const text = `roleARN: ${ARN}\n#`;
  const fill = 'é'.repeat((LIMITS.annotationBytes - text.length) / 2) + 'x'.repeat(text.length % 2);
  expect(codesOf(text + fill)).toEqual([]);
  expect(codesOf(`${text}${fill}x`)).toEqual(['DocumentTooLarge']);
  expect(problemsOf('x'.repeat(5_000_000))[0]?.text).toBe('has more than 32768 bytes, its limit');
});

describe('documents that are not in order', () => {
  test.each(['', ' ', '#', '~', 'null', '[]', '5', 'true', '- a'])('%j is no map of fields', (text) => {
    expect(codesOf(text)).toEqual(['DocumentWrongType']);
  });

  test.each([
    ['several documents', `roleARN: ${ARN}\n---\nroleARN: ${ARN}`, /second document begins at line 2/],
    ['a field that stands twice', `roleARN: ${ARN}\nroleARN: ${ARN}`, /a field stands twice at line 2, column 1/],
    ['a key that is a list', `roleARN: ${ARN}\n? [a]\n: b`, /name is not text at line 2/],
    ['an alias of nothing', `roleARN: *x`, /an alias has no anchor/],
    ['a tag', `roleARN: !x ${ARN}`, /an unknown tag at line 1, column 10/],
    ['a tag that makes an object', 'roleARN: !!binary aGVsbG8=', /an unknown tag/],
    ['a set', '!!set {roleARN}', /an unknown tag/],
    ['an unknown directive', `%X y\n---\n${ARN}`, /an unknown directive/],
    ['an open quote', `roleARN: "${ARN}`, /Missing closing "quote at line 1/],
    ['an unknown escape', String.raw`roleARN: "\q"`, /an unknown backslash sequence/],
    ['text behind a value', `roleARN: "${ARN}" more`, /Unexpected scalar at node end/],
  ])('%s', (_name, text, expected) => {
    expect(codesOf(text)).toEqual(['DocumentUnreadable']);
    expect(problemsOf(text)[0]?.text).toMatch(expected);
  });

  test.each(['[', '{', '- ', '? ', '{a: ', '[{'])(
    '%s, nested without end, ends neither the program nor its patience',
    (open) => {
      expect(codesOf(open.repeat(100))).toEqual(['DocumentTooComplex']);
      expect(problemsOf(open.repeat(100))[0]?.text).toBe('nests lists and maps more than 32 deep');
      expect(codesOf(open.repeat(30_000 / open.length))).toEqual(['DocumentTooComplex']);
    },
  );

  test.each([
    ['an alias bomb', bomb(8), 'has more than 8192 values, what aliases repeat included'],
    ['an alias within its own list', '&x [*x]', /^repeats itself without an end/],
    ['many of them', `&x [${'*x,'.repeat(1000)}]`, /^repeats itself without an end/],
    ['a policy that is the document', `&x\nroleARN: ${ARN}\npolicy: *x`, /^repeats itself without an end/],
    ['an alias further in', `roleARN: ${ARN}\npolicy: &p {a: {b: [{c: *p}]}}`, /^repeats itself without an end/],
    ['aliases', `roleARN: &r ${ARN}\nx: [${'*r,'.repeat(513)}]`, 'has more than 512 aliases'],
    ['signs', `[${','.repeat(16_384)}]`, 'has more than 16384 words, signs and spaces between them'],
  ])('%s', (_name, text, expected) => {
    expect(codesOf(text)).toEqual(['DocumentTooComplex']);
    expect(problemsOf(text)[0]?.text).toMatch(expected);
  });

  test('an alias is of the last anchor of that name before it', () => {
    const text = `roleARN: ${ARN}\ntags: {a: &x one, b: *x, c: &x two, d: *x}`;
    expect(roleOf(text).tags).toEqual({ a: 'one', b: 'one', c: 'two', d: 'two' });
    // The inner anchor is at an end before the alias.
    expect(codesOf(`roleARN: ${ARN}\ny: &x [&x a, *x]`)).toEqual(['FieldUnknown y']);
  });

  test('fields named like object members are unknown fields', () => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '<<']) {
      const text = `roleARN: ${ARN}\n${name}: {externalID: abc}`;
      expect(problemsOf(text).map(({ code }) => code)).toEqual(['FieldUnknown']);
      expect(codesOf(`{"roleARN": "${ARN}", "${name}": {"externalID": "abc"}}`)).toHaveLength(1);
    }
    expect(codesOf('{"__proto__": {"roleARN": "x"}}')).toContain('FieldMissing roleARN');
  });

  test('an unknown field proposes the one that was meant, or names all', () => {
    const fix = (name: string) => problemsOf(document({ [name]: 1 }))[0]?.fix;
    expect(fix('externalId')).toBe('did you mean externalID?');
    expect(fix('rolearn')).toBe('did you mean roleARN?');
    expect(fix('colour')).toBe(`the fields are ${[...Object.keys(FIELDS), 'via', 'roles'].join(', ')}`);
  });

  test('without roleARN there is no role', () => {
    expect(codesOf('{}')).toEqual(['FieldMissing roleARN']);
    expect(codesOf('startup: require')).toEqual(['FieldMissing roleARN']);
  });
});
