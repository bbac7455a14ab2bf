import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { intoPage } from './write.ts';

/** Puts `run` into the page in this file, formatted as all pages are. Throws as `intoPage` does. */
export async function writeRun(file: string, run: string): Promise<void> {
  const page = intoPage(readFileSync(file, 'utf8'), run);
  writeFileSync(file, await format(page, { ...(await resolveConfig(file)), parser: 'markdown' }));
}
