import { generate } from './annotation.ts';
import { check, GROWTH_LIMIT, runFuzz } from './run.ts';

test('20,000 generated annotations come to a coded outcome each, and leave nothing in memory', () => {
  const { accepted, refused, codes, grown } = runFuzz(20_000, 1);
  // It reaches both sides, and every code that a document can draw.
  expect(accepted).toBeGreaterThan(3000);
  expect(refused).toBeGreaterThan(8000);
  expect(Object.keys(codes).toSorted()).toEqual([
    'DocumentTooComplex',
    'DocumentTooLarge',
    'DocumentUnreadable',
    'DocumentWrongType',
    'FieldConflict',
    'FieldMissing',
    'FieldOutOfRange',
    'FieldUnknown',
    'FieldWrongType',
  ]);
  expect(grown).toBeLessThan(GROWTH_LIMIT);
});

test('a seed and an index give one document, others another', () => {
  expect(generate(7, 3)).toEqual(generate(7, 3));
  const texts = Array.from({ length: 200 }, (_, index) => generate(7, index).text);
  expect(new Set(texts).size).toBeGreaterThan(180);
  expect(generate(8, 3).text).not.toBe(texts[3]);
});

test('a refusal of what is valid is noticed', () => {
  expect(check('{}', true)).toMatchObject({ complaint: expect.stringContaining('refused though valid') });
  expect(check('{}')).toMatchObject({ accepted: false, codes: ['FieldMissing'] });
});
