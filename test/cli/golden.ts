/** Texts that a person has read. `ROLECHAIN_WRITE_GOLDEN=1` writes them again; read them then, too. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function expectGolden(name: string, text: string): void {
  const path = join(import.meta.dirname, 'golden', name);
  if (process.env.ROLECHAIN_WRITE_GOLDEN) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}
