/** What became of the code cache: `absent` is also one that can't be read or isn't this program's on this Node. */
export type CodeCacheUse = 'used' | 'absent' | 'refused' | typeof MAKING;

/** The cache is being made of this process (scripts/build/make-code-cache.ts): it has to keep the flags of its start. */
export const MAKING = 'making';

/** Under this name on the global object the loader tells the program, which has the log. */
export const CODE_CACHE_USE = Symbol.for('rolechain.codeCacheUse');
