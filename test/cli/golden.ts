/** Texts that a person has read. `ROLECHAIN_WRITE_GOLDEN=1` writes them again; read them then, too. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '@rolechain/shared';

/** Stands in them for the version, which a release raises. */
const WRITTEN = '0.1.0';

export function expectGolden(name: string, said: string): void {
  const text = said.replaceAll(VERSION, WRITTEN);
  const path = join(import.meta.dirname, 'golden', name);
  if (process.env.ROLECHAIN_WRITE_GOLDEN) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}
