/** Entry of dist/cli/rolechain.mjs; kubectl finds the same as `kubectl-rolechain`. */
import { run } from './program.ts';
import type { Surroundings } from './terminal/command.ts';

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
// The reader may go before all is written: `rolechain status | head -1`.
process.stdout.on('error', () => interrupted.abort());

const surroundings: Surroundings = {
  stdin: process.stdin,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  cwd: process.cwd(),
  now: () => new Date(),
  hasColours: process.stdout.isTTY && process.stdout.hasColors() && !process.env.NO_COLOR,
  signal: interrupted.signal,
};

process.exitCode = await run(process.argv.slice(2), surroundings);
