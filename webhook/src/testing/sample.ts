import { API_TYPES } from '@rolechain/webhook';

const TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = API_TYPES;
const SCALARS: Readonly<Record<string, unknown>> = { boolean: true, integer: 7, map: { key: '1' }, Quantity: '1' };

/** A value of a type of the API with every field filled, in the form of its JSON. It says nothing that is legal. */
export function sample(type: string): unknown {
  if (type.endsWith('[]')) return [sample(type.slice(0, -2))];
  const fields = TYPES[type];
  if (fields) return Object.fromEntries(Object.entries(fields).map(([field, of]) => [field, sample(of)]));
  return SCALARS[type] ?? 'x';
}
