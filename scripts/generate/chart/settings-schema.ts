/** The webhook's settings as JSON Schema, to stand in another schema. */
import { jsonSchemas } from '../json-schemas.ts';

export interface JSONSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JSONSchema>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

export function settingsSchema(): JSONSchema {
  const whole = JSON.parse(jsonSchemas()['docs/schemas/settings.schema.json'] ?? '{}') as JSONSchema;
  // Those of a document of its own.
  const { $schema: _schema, $id: _id, title: _title, ...schema } = whole;
  return schema;
}
