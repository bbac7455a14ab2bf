/**
 * `node test/floods/main.ts [--seconds N]`: plays the floods by themselves, a minute each unless told otherwise, and prints
 * their table. Exit code: jest's. `npx -y pnpm@10 test` plays the same for 5 s each. `node scripts/build.ts` comes first.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../../scripts/build/root.ts';
import { SECONDS_VARIABLE } from './seconds.ts';

const { seconds } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } }).values;
if (!/^[1-9]\d{0,2}$/.test(seconds)) throw new Error(`--seconds takes 1 to 999, not ${seconds}`);
const JEST = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
// One file after the other: the figures are of a machine that does nothing else.
const args = ['--selectProjects', 'newest', '--maxWorkers=1', '--testPathPatterns', 'test/floods'];
const env = { ...process.env, [SECONDS_VARIABLE]: seconds };
process.exitCode = spawnSync(process.execPath, [JEST, ...args], { cwd: ROOT, env, stdio: 'inherit' }).status ?? 1;
