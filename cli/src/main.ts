/** Entry of dist/cli/rolechain.mjs; kubectl finds the same as `kubectl-rolechain`. */
import { isatty } from 'node:tty';
import { ERRORS } from '@rolechain/shared';
import { run } from './program.ts';
import { EXIT, type Surroundings } from './terminal/command.ts';

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
// The reader may go before all is written: `rolechain status | head -1`. A disk that is full is another thing.
let isCut = false;
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') {
    isCut = true;
    process.stderr.write(`error OutputUnwritable: ${ERRORS.OutputUnwritable.text} (${code ?? ''})\n`);
  }
  interrupted.abort();
});
// Nobody is left to tell.
process.stderr.on('error', () => undefined);
// A library's own streams: what an exec plugin of a kubeconfig prints without end, client-node collects.
process.on('uncaughtException', () => {
  process.stderr.write(`error InternalError: ${ERRORS.InternalError.text}\n`, () => process.exit(EXIT.usage));
});

const surroundings: Surroundings = {
  stdin: process.stdin,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  cwd: process.cwd(),
  now: () => new Date(),
  // Not isTTY, which is undefined of a pipe: picocolors would then ask the environment, and colour what CI pipes on.
  hasColours: isatty(process.stdout.fd) && process.stdout.hasColors() && !process.env.NO_COLOR,
  signal: interrupted.signal,
};

const exitCode = await run(process.argv.slice(2), surroundings);
// Behind all that was written; a child of a library, such as an exec plugin that hangs, does not keep it.
process.stdout.write('', () => {
  // The event of an error comes behind this.
  setImmediate(() => process.exit(isCut ? EXIT.usage : exitCode));
});
