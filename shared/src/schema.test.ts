import * as v from 'valibot';
import type { Problem } from './problem.ts';
import { check, mapOf, type Schema } from './schema.ts';

const whole = v.pipe(v.number('a whole number of 1-10'), v.integer('a whole number of 1-10'), v.maxValue(10, '1-10'));
const INNER = v.strictObject({ size: whole, colour: v.optional(v.string('text')) }, 'a map of fields');
const SHAPE = v.variant('kind', [
  v.strictObject({ kind: v.literal('dot') }),
  v.strictObject({ kind: v.literal('line'), length: whole }),
]);
const OUTER = v.strictObject(
  {
    inner: v.optional(INNER),
    list: v.optional(v.array(INNER, 'a list')),
    named: v.optional(v.record(v.string(), INNER, 'a map')),
    later: v.optional(v.lazy(() => INNER)),
    shape: v.optional(SHAPE),
    externalID: v.optional(v.string('text')),
  },
  'a map of fields',
);

function problemsOf(value: unknown, schema: Schema<unknown> = OUTER): readonly Problem[] {
  const checked = check(schema, value);
  return checked.ok ? [] : checked.problems;
}

const brief = (value: unknown) => problemsOf(value).map(({ code, path, text }) => `${code} ${path} ${text}`);

test('a value in order comes back, with defaults', () => {
  expect(check(v.object({ a: v.optional(v.number(), 1) }), {})).toEqual({ ok: true, value: { a: 1 }, warnings: [] });
});

test.each([
  ['the document', 5, ['FieldWrongType  is 5, but takes a map of fields']],
  ['a field', { inner: { size: '1' } }, ['FieldWrongType inner.size is "1", but takes a whole number of 1-10']],
  [
    'a field of null',
    { inner: { size: null } },
    ['FieldWrongType inner.size is null, but takes a whole number of 1-10'],
  ],
  ['a limit', { inner: { size: 11 } }, ['FieldOutOfRange inner.size is 11, but takes 1-10']],
  ['a missing field', { inner: {} }, ['FieldMissing inner.size is missing']],
  ['a list', { list: {} }, ['FieldWrongType list is a map, but takes a list']],
  [
    'an item',
    { list: [{ size: 1 }, { size: 0.5 }] },
    ['FieldOutOfRange list.1.size is 0.5, but takes a whole number of 1-10'],
  ],
  ['a missing tag', { shape: {} }, ['FieldMissing shape.kind is missing']],
  ['a missing field of a variant', { shape: { kind: 'line' } }, ['FieldMissing shape.length is missing']],
])('%s is named with what it takes', (_name, value, expected) => expect(brief(value)).toEqual(expected));

test('each step of a check is told once, and all fields are told at once', () => {
  expect(brief({ inner: { size: 99.5, colour: 1 }, list: 1, externalID: 1 })).toEqual([
    'FieldOutOfRange inner.size is 99.5, but takes a whole number of 1-10',
    'FieldWrongType inner.colour is 1, but takes text',
    'FieldWrongType list is 1, but takes a list',
    'FieldWrongType externalID is not in order, but takes text',
  ]);
});

test.each([
  ['a number where text belongs', { inner: { size: 1, colour: 42 } }, 'write it in quotes'],
  ['a boolean where text belongs', { externalID: true }, 'write it in quotes'],
  ['a number in quotes', { inner: { size: '7' } }, 'write it without quotes'],
  ['a word where a number belongs', { inner: { size: 'x' } }, 'Write what it takes.'],
  ['nothing where text belongs', { externalID: null }, 'Write what it takes.'],
  ['a list where text belongs', { externalID: [] }, 'Write what it takes.'],
  ['a map in quotes', { inner: '5' }, 'Write what it takes.'],
])('the fix of %s', (_name, value, fix) => expect(problemsOf(value).map((p) => p.fix)).toEqual([fix]));

test('the fix of a boolean in quotes, and of what a transformation made', () => {
  const schema = v.strictObject({
    on: v.optional(v.boolean('true or false')),
    policy: v.optional(
      v.pipe(
        v.unknown(),
        v.transform(() => undefined),
        v.string('a policy'),
      ),
    ),
  });
  expect(problemsOf({ on: 'false', policy: 5 }, schema).map((p) => p.fix)).toEqual([
    'write it without quotes',
    'Write what it takes.',
  ]);
});

test('all unknown fields are told, at every depth, beside other problems', () => {
  const value = {
    inner: { size: 0.5, x: 1, colr: 1 },
    list: [{ size: 1, y: 1 }],
    named: { a: { size: 1, y: 1 } },
    later: { size: 1, sze: 2 },
    shape: { kind: 'dot', length: 1 },
    outer: 1,
    z: 1,
  };
  expect(problemsOf(value).map(({ code, path, fix }) => [code.replace('Field', ''), path, fix])).toEqual([
    ['OutOfRange', 'inner.size', 'Write a value within these limits.'],
    ['Unknown', 'inner.x', 'the fields are size, colour'],
    ['Unknown', 'inner.colr', 'did you mean colour?'],
    ['Unknown', 'list.0.y', 'the fields are size, colour'],
    ['Unknown', 'named.a.y', 'the fields are size, colour'],
    ['Unknown', 'later.sze', 'did you mean size?'],
    ['Unknown', 'shape.length', 'the fields are kind'],
    ['Unknown', 'outer', 'did you mean later?'],
    ['Unknown', 'z', 'the fields are inner, list, named, later, shape, externalID'],
  ]);
});

test('names of object members are unknown fields like all others', () => {
  const value = JSON.parse('{"__proto__": {}, "constructor": {}, "toString": 1, "hasOwnProperty": 1}') as unknown;
  expect(problemsOf(value).map(({ path }) => path)).toEqual(['__proto__', 'constructor', 'toString', 'hasOwnProperty']);
});

test('a path is one short line, whatever a field is called', () => {
  const paths = problemsOf({ 'a\nb': 1, ['k'.repeat(10_000)]: 1, '': 1, 'x y': 1, 'rolechain.io/a': 1 }).map(
    (p) => p.path,
  );
  expect(paths).toEqual([String.raw`"a\nb"`, `"${'k'.repeat(76)}...`, '""', '"x y"', 'rolechain.io/a']);
});

test('the value of an external ID is never shown', () => {
  const text = JSON.stringify(problemsOf({ externalID: ['s3cret'] }).concat(problemsOf({ externalID: 4711 })));
  expect(text).not.toMatch(/s3cret|4711/);
});

describe('a map from names to one schema', () => {
  const MAP = mapOf(INNER, (name) => /^[a-z_]+$/.test(name), 'a small name', 'a map of sizes', 5);
  const told = (value: unknown) => problemsOf(value, MAP).map(({ code, path, text }) => `${code} ${path} ${text}`);

  test('keeps names of object members, but for one that can not be kept', () => {
    const value = { constructor: { size: 1 }, valueof: { size: 2 } };
    expect(check(MAP, value)).toEqual({ ok: true, value, warnings: [] });
    expect(told(JSON.parse('{"__proto__": {"size": 1}}'))).toEqual([
      'FieldOutOfRange __proto__ is a map, but takes a small name',
    ]);
  });

  test('tells each wrong name and each wrong value', () => {
    expect(told({ A: { size: 1 }, b: { size: 'x' }, c: 5, d: { size: 1, sze: 1 } })).toEqual([
      'FieldOutOfRange A is a map, but takes a small name',
      'FieldWrongType b.size is "x", but takes a whole number of 1-10',
      'FieldWrongType c is 5, but takes a map of fields',
      'FieldUnknown d.sze is not a field of this version',
    ]);
  });

  test.each([[null], [[]], [5], ['x']])('%j is none', (value) => {
    expect(told(value)).toEqual([expect.stringMatching(/^FieldWrongType {2}is .*, but takes a map of sizes$/)]);
  });
});
