/** What became of the code cache: `absent` is also one that can't be read or isn't this program's on this Node. */
export type CodeCacheUse = 'used' | 'absent' | 'refused';

/** Under this name on the global object the loader tells the program, which has the log. */
export const CODE_CACHE_USE = Symbol.for('rolechain.codeCacheUse');
