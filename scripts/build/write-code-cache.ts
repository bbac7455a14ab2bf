/** What the makers of the code caches do alike. Each runs in its image's build, beside the program, on the image's node. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAKING, tellCodeCacheUse } from '@rolechain/shared';
import { formatCodeCache, loadProgram } from '../../sidecar/src/runtime/code-cache.ts';
import type { ImageName } from './parts.ts';

/**
 * Runs `program` in this process until what `prepare` gives resolves, writes down what V8 has compiled by then, and ends the process.
 * `prepare` gets a folder that is removed in the end, and sets what the program reads at its start.
 */
export function writeCodeCache(program: ImageName, prepare: (root: string) => Promise<() => Promise<void>>): void {
  make(program, prepare).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
}

async function make(program: ImageName, prepare: Parameters<typeof writeCodeCache>[1]): Promise<void> {
  // Not in /tmp: a base image may have none.
  const root = mkdtempSync(join(__dirname, `make-${program}-code-cache-`));
  try {
    const untilWarm = await prepare(root);
    const { source, script, run } = loadProgram(join(__dirname, `${program}-program.cjs`));
    tellCodeCacheUse(MAKING);
    run();
    await untilWarm();
    writeFileSync(join(__dirname, `${program}-program.cache`), formatCodeCache(source, script.createCachedData()));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
