/** Documents beside a valid one. */
import fc from 'fast-check';
import type { Json, Map, Values } from './values.ts';

const OTHERS: readonly Json[] = [null, true, 0, 1.5, '', 'word', [], {}, [[]], { x: 1 }];

/** The document with a field or two left out, or of another value: mostly one that the field's name has here. */
export function changed(base: Json, values: Values): fc.Arbitrary<Json> {
  const change = (value: Json): fc.Arbitrary<Json> => {
    if (Array.isArray(value)) {
      const items = value as readonly Json[];
      if (items.length === 0) return fc.constantFrom(...OTHERS);
      return fc.nat(items.length - 1).chain((at) => change(items[at] ?? null).map((item) => items.with(at, item)));
    }
    if (typeof value !== 'object' || value === null) return fc.constantFrom(...OTHERS);
    const map = value as Map;
    const names = Object.keys(map);
    if (names.length === 0) return fc.constantFrom(...OTHERS);
    return fc.constantFrom(...names).chain((name) => {
      const { [name]: old, ...without } = map;
      const put = (arbitrary: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
        arbitrary.map((now) => ({ ...map, [name]: now }));
      // A name may be one of Object.prototype's.
      const own = (Object.hasOwn(values, name) ? values[name] : undefined) ?? OTHERS;
      const ways = [
        { weight: 6, arbitrary: put(fc.constantFrom(...own)) },
        { weight: 1, arbitrary: put(fc.constantFrom(...OTHERS)) },
        { weight: 2, arbitrary: fc.constant(without) },
        ...(typeof old === 'object' && old !== null ? [{ weight: 6, arbitrary: put(change(old)) }] : []),
      ];
      return fc.oneof(...ways);
    });
  };
  return fc.oneof(
    change(base),
    change(base).chain((once) => change(once)),
  );
}
