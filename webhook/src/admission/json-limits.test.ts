import fc from 'fast-check';
import { CodedError, LIMITS } from '@rolechain/shared';
import { checkBounds } from './json-limits.ts';

const { reviewDepth, reviewObjects, reviewValues } = LIMITS;
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const codeOf = (json: string): string => {
  try {
    checkBounds(json);
    return 'within';
  } catch (error) {
    return error instanceof CodedError ? error.code : String(error);
  }
};

test.each([
  ['as deep as allowed', nested(reviewDepth), 'within'],
  ['one deeper', nested(reviewDepth + 1), 'ReviewMalformed'],
  ['maps, too', '{"a":'.repeat(reviewDepth + 1), 'ReviewMalformed'],
  ['in turn', `[${'[],{},'.repeat(1000)}1]`, 'within'],
  ['as many as allowed', `[${'{},'.repeat(reviewObjects - 1)}1]`, 'within'],
  ['one more', `[${'{},'.repeat(reviewObjects)}1]`, 'ReviewTooLarge'],
  ['as many elements', `[${'1,'.repeat(reviewValues)}1]`, 'within'],
  ['one element more', `[${'1,'.repeat(reviewValues + 1)}1]`, 'ReviewTooLarge'],
  ['members, too', `{${'"a":1,'.repeat(reviewValues + 1)}"a":1}`, 'ReviewTooLarge'],
  ['commas in a string', JSON.stringify(','.repeat(reviewValues + 1)), 'within'],
  ['brackets in a string', JSON.stringify('['.repeat(10_000)), 'within'],
  ['behind a quote that is escaped', JSON.stringify(`"${'['.repeat(10_000)}`), 'within'],
  ['behind a string that ends in a backslash', `["\\\\",${nested(reviewDepth)}]`, 'ReviewMalformed'],
  ['a string without an end', `"${'['.repeat(10_000)}`, 'within'],
])('%s', (_name, json, expected) => {
  expect(codeOf(json)).toBe(expected);
});

test('no JSON of modest depth is stopped', () => {
  fc.assert(fc.property(fc.json(), (json) => expect(codeOf(json)).toBe('within')));
});
