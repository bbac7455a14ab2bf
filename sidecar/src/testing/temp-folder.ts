import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TempFolder {
  readonly path: string;
  /** Writes a file in it, with the folders that it needs; returns its path. */
  write(name: string, content: string): string;
  remove(): void;
}

export function makeTempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), 'rolechain-'));
  return {
    path,
    write: (name, content) => {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
