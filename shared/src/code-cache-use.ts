/** What the loader of a program (sidecar/src/runtime/loader.ts) tells it of its V8 code cache. */
import type { Logger } from './logger.ts';

/** What became of the code cache: `absent` is also one that can't be read or isn't this program's on this Node. */
export type CodeCacheUse = 'used' | 'absent' | 'refused' | typeof MAKING;

/** The cache is being made of this process (scripts/build): it has to keep the flags of its start. */
export const MAKING = 'making';

const USE = Symbol.for('rolechain.codeCacheUse');

/** Under this name on the global object the loader tells the program, which has the log. */
export function tellCodeCacheUse(use: CodeCacheUse): void {
  (globalThis as Record<symbol, unknown>)[USE] = use;
}

/** Logs it: without a good cache a program only takes longer to start, and nobody would notice. Gives what was told. */
export function logCodeCacheUse(logger: Pick<Logger, 'debug' | 'warn'>): unknown {
  const codeCache = (globalThis as Record<symbol, unknown>)[USE];
  logger[codeCache === 'used' || codeCache === MAKING ? 'debug' : 'warn']({ codeCache }, 'code cache');
  return codeCache;
}
