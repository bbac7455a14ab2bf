/** JSON Schemas of what the commands print with `--output json`: one of each file in cli/src/report-schemas. */
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Schema } from '@rolechain/shared';
import { toJsonSchema } from '@valibot/to-json-schema';

/** What each file of that folder exports: the schema of the command's report, and what it says in one sentence. */
interface ReportModule {
  readonly REPORT: Schema<unknown>;
  readonly DESCRIPTION: string;
}

/** The schemas by the file that they stand in. */
export async function cliSchemas(root: string): Promise<Readonly<Record<string, string>>> {
  const files = globSync('cli/src/report-schemas/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .sort();
  const schemas = files.map(async (file): Promise<[string, string]> => {
    const { REPORT, DESCRIPTION } = (await import(pathToFileURL(root + file).href)) as ReportModule;
    const name = basename(file, '.ts');
    const { $schema, ...form } = toJsonSchema(REPORT, {
      typeMode: 'output',
      target: 'draft-2020-12',
      errorMode: 'throw',
    });
    const head = {
      $schema,
      $id: `https://rolechain.io/schemas/cli/${name}.schema.json`,
      title: `rolechain ${name} --output json`,
      description: DESCRIPTION,
    };
    return [`docs/schemas/cli/${name}.schema.json`, JSON.stringify({ ...head, ...form })];
  });
  return Object.fromEntries(await Promise.all(schemas));
}
