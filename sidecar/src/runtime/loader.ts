/** The image's entry: loads the sidecar with its code cache. Without a good one it only takes longer. */
import { join } from 'node:path';
import { CODE_CACHE_USE } from './code-cache-use.ts';
import { loadProgram } from './code-cache.ts';

const program = loadProgram(join(__dirname, 'sidecar-program.cjs'), join(__dirname, 'sidecar-program.cache'));
(globalThis as Record<symbol, unknown>)[CODE_CACHE_USE] = program.use;
program.run();
