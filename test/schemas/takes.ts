/** What the JSON Schemas of docs/schemas say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';

const ROOT = join(__dirname, '..', '..');

/** Whether the schema of this name takes a value; `strict` of ajv refuses a schema with a word that it doesn't know. */
export function jsonSchema(name: 'annotation' | 'settings' | 'sidecar-config'): (value: unknown) => boolean {
  const text = readFileSync(join(ROOT, 'docs', 'schemas', `${name}.schema.json`), 'utf8');
  const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(
    JSON.parse(text) as object,
  );
  return (value) => validate(value);
}
