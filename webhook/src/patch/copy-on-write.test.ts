import fc from 'fast-check';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { copyAlong } from './copy-on-write.ts';
import { pointer } from './list-patch.ts';

const json = fc.jsonValue({ maxDepth: 4 }).filter((value) => typeof value === 'object' && value !== null);

/** Pointers to every place of a document but the document itself. */
function placesOf(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [at + pointer(key), ...placesOf(child, at + pointer(key))]);
}

/** A document and some of its places, each no part of another's way: an earlier operation would take it away. */
const documentWithPlaces = json.chain((document) => {
  const places = placesOf(document).filter((place) => !place.split('/').includes('__proto__'));
  return fc.record({ document: fc.constant(document), places: fc.subarray(places) });
});

test('operations on the copy do what they do on a deep copy, and leave the original', () => {
  fc.assert(
    fc.property(documentWithPlaces, ({ document, places }) => {
      const before = structuredClone(document);
      const operations = places.map((path): Operation => ({ op: 'replace', path, value: [] }));
      const outermost = operations.filter(({ path }) => !places.some((other) => path.startsWith(`${other}/`)));
      const paths = outermost.map(({ path }) => path);
      const tried = jsonPatch.applyPatch(copyAlong(document, paths), outermost, true, true).newDocument;
      expect(tried).toEqual(jsonPatch.applyPatch(structuredClone(document), outermost, true).newDocument);
      expect(document).toEqual(before);
    }),
  );
});

test('what lies beside the ways is shared, a way is copied once', () => {
  const document = { spec: { containers: [{ env: [1] }, { env: [2] }], volumes: [] }, status: {} };
  const copy = copyAlong(document, ['/spec/containers/0/env/-', '/spec/containers/0/env/0']) as typeof document;
  expect(copy).toEqual(document);
  expect(copy.status).toBe(document.status);
  expect(copy.spec.volumes).toBe(document.spec.volumes);
  expect(copy.spec.containers[1]).toBe(document.spec.containers[1]);
  expect(copy.spec.containers[0]?.env).not.toBe(document.spec.containers[0]?.env);
});

test.each(['/a/b/c', '/list/x/y', '/text/0/1', '/constructor/prototype/polluted', '/__proto__/polluted/x', ''])(
  'a way that leads nowhere ends: %s',
  (path) => {
    const document = { list: [1], text: 'ab' };
    expect(copyAlong(document, [path])).toEqual({ list: [1], text: 'ab' });
    expect(Object.getPrototypeOf(copyAlong(document, [path]))).toBe(Object.prototype);
  },
);

test('escaped keys are followed', () => {
  const document = { 'a/b~c': { d: { e: 1 } } };
  const copy = copyAlong(document, ['/a~1b~0c/d/e']) as typeof document;
  expect(copy['a/b~c'].d).not.toBe(document['a/b~c'].d);
});
