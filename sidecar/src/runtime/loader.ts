/** The entry of either image: loads the program that lies beside it, with its code cache. Without a good one it only takes longer. */
import { basename, join } from 'node:path';
import { tellCodeCacheUse } from '@rolechain/shared';
import { loadProgram } from './code-cache.ts';

const beside = join(__dirname, basename(__filename, '.cjs'));
const program = loadProgram(`${beside}-program.cjs`, `${beside}-program.cache`);
tellCodeCacheUse(program.use);
program.run();
