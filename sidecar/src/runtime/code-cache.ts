/**
 * V8's code cache of a program: made once when the image is built, read at each start. V8 takes a cache of any other
 * source of the same length for its own, and a damaged one ends the process; so a cache counts only if its digest
 * fits program, cache and Node together. V8 itself refuses what other flags have made.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';
import type { CodeCacheUse } from '@rolechain/shared';

const DIGEST_BYTES = 32;

/** A program in memory, not run yet. */
export interface LoadedProgram {
  readonly source: Buffer;
  readonly script: Script;
  readonly use: CodeCacheUse;
  /** Runs it, as `require` would. */
  readonly run: () => void;
}

/** The file at `programPath`, a CommonJS bundle in ASCII, with the cache if there is a good one. Throws when there is no program. */
export function loadProgram(programPath: string, cachePath?: string): LoadedProgram {
  const source = readFileSync(programPath);
  const cachedData = cachePath === undefined ? undefined : readCodeCache(cachePath, source);
  // One byte a character: the bundle is ASCII, and V8 keeps such a text in half the memory.
  const text = `(function(exports,require,module,__filename,__dirname){${source.toString('latin1')}\n})`;
  const script = new Script(text, { filename: programPath, ...(cachedData ? { cachedData } : {}) });
  const use = cachedData === undefined ? 'absent' : script.cachedDataRejected === true ? 'refused' : 'used';
  const run = (): void => {
    const wrapper = script.runInThisContext() as (...values: unknown[]) => void;
    const module = { exports: {} };
    wrapper.call(module.exports, module.exports, createRequire(programPath), module, programPath, dirname(programPath));
  };
  return { source, script, use, run };
}

/** The file of a cache: its digest, then V8's data. */
export function formatCodeCache(source: Buffer, data: Buffer): Buffer {
  return Buffer.concat([digest(source, data), data]);
}

/** V8's data in a cache file, if it is of this source and this Node. Whatever is wrong, it is only not there. */
function readCodeCache(path: string, source: Buffer): Buffer | undefined {
  try {
    const file = readFileSync(path);
    const data = file.subarray(DIGEST_BYTES);
    return digest(source, data).equals(file.subarray(0, DIGEST_BYTES)) ? data : undefined;
  } catch {
    return undefined;
  }
}

function digest(source: Buffer, data: Buffer): Buffer {
  const { version, arch, platform, versions } = process;
  const node = `${version} ${versions.v8} ${platform} ${arch} ${source.length}\n`;
  return createHash('sha256').update(node).update(source).update(data).digest();
}
