/**
 * `npx -y pnpm@10 test:node`: rolechain on a real node. Makes a cluster on this machine, with images from our
 * Dockerfiles, runs the suite against it and takes all of it away; what is left behind then fails the run.
 * Arguments go to jest.
 *
 * With ROLECHAIN_TEST_KUBECONFIG and the other variables of suite/given.ts it runs against that cluster instead.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../scripts/build.ts';
import { ABSENT, REDIRECTS, environmentOf } from './suite/given.ts';
import { withNode } from './with-node.ts';

const started = Date.now();
const log = (line: string): void => console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}`);

/** Runs the suite; resolves to jest's exit code. */
function runSuite(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const which = ['--selectProjects', 'newest', '--runInBand', '--testMatch', '<rootDir>/test/node/suite/node.suite.ts'];
  const child = spawn(process.execPath, [jest, ...which, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

async function main(args: readonly string[]): Promise<number> {
  if (process.env.ROLECHAIN_TEST_KUBECONFIG) return runSuite(args);
  const ran = await withNode(log, (given) => runSuite(args, { ...environmentOf(given), [REDIRECTS]: 'true' }));
  return typeof ran === 'number' ? ran : runSuite(args, { [ABSENT]: ran.reason });
}

// Ctrl-C is for jest, which has it too: here everything is taken down in order.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.exitCode = await main(process.argv.slice(2));
