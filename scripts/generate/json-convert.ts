/** From a schema of valibot to JSON Schema. */
import type { Schema } from '@rolechain/shared';
import { toJsonSchema } from '@valibot/to-json-schema';

/** A JSON Schema, or a part of one. */
export type Form = Readonly<Record<string, unknown>>;
/** Of schemas that valibot can't convert, since they check by a function or transform: what they take, in JSON Schema. */
export type Forms = ReadonlyMap<Schema<unknown>, Form>;

/** What is read of the schemas that are made of others. */
type Node = Schema<unknown> & {
  readonly entries?: Readonly<Record<string, Node>>;
  readonly options?: readonly Node[];
  readonly wrapped?: Node;
  readonly default?: unknown;
};

/** Throws where a schema has no form and valibot has none either. */
export function makeConvert(forms: Forms): (schema: Schema<unknown>) => Form {
  const convert = (schema: Node): Form => {
    const form = forms.get(schema);
    if (form) return withDefault(form, schema);
    if (schema.type === 'optional' && schema.wrapped) return withDefault(convert(schema.wrapped), schema);
    if (schema.type === 'strict_object' && schema.entries) return object(schema.entries);
    if (schema.type === 'variant' && schema.options) return { type: 'object', anyOf: schema.options.map(convert) };
    const { $schema: _, ...leaf } = toJsonSchema(schema, {
      typeMode: 'input',
      target: 'draft-2020-12',
      errorMode: 'throw',
    });
    return leaf;
  };
  const object = (entries: Readonly<Record<string, Node>>): Form => {
    const all = Object.entries(entries);
    const required = all.filter(([, { type }]) => type !== 'optional').map(([name]) => name);
    return {
      type: 'object',
      properties: Object.fromEntries(all.map(([name, schema]) => [name, convert(schema)])),
      ...(required.length > 0 ? { required } : {}),
      additionalProperties: false,
    };
  };
  return convert;
}

function withDefault(form: Form, schema: Node): Form {
  return schema.default === undefined ? form : { ...form, default: schema.default };
}
