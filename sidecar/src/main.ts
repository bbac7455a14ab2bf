/** The sidecar: reads its environment once, wires the parts together, and ends on a signal. */
import { ERRORS, MAKING, logCodeCacheUse, makeLogger, programText, type Logger } from '@rolechain/shared';
import { codedFields, toCoded } from './model/coded.ts';
import { filesUnder } from './model/files.ts';
import { systemClock } from './model/clock.ts';
import { collectGarbage, spareMemory } from './runtime/garbage-collection.ts';
import { closeEnvironment, readInputs } from './model/process-env.ts';
import { makeSidecar } from './sidecar.ts';

/** Under the second that the pod's end may take, over the longest that closing connections does. */
const END_MS = 800;

/** Set by the build; false only where a benchmark asks what they gain. */
declare const COLLECTS_GARBAGE: boolean | undefined;
declare const SPARES_MEMORY: boolean | undefined;

const HELP = {
  usage: 'Serves the credentials of the roles in ROLECHAIN_CONFIG, which the webhook writes. Takes no options.',
  example: 'ROLECHAIN_CONFIG="$CONFIG" node sidecar.cjs',
};

function main(): void {
  const text = programText(process.argv.slice(2), HELP);
  if (text !== undefined) {
    process.stdout.write(text);
    return;
  }
  const read = readInputs(process.env);
  if ('invalid' in read) {
    process.stderr.write(`ConfigInvalid: ${read.invalid}. ${ERRORS.ConfigInvalid.fix}\n`);
    process.exitCode = 2;
    return;
  }
  closeEnvironment(process.env);
  const { inputs } = read;
  const logger = makeLogger('rolechain-sidecar', inputs.logLevel);
  endOnDefects(logger);
  const isMade = logCodeCacheUse(logger) === MAKING;
  // V8 would refuse a cache that was made under the flags of `spareMemory`.
  const collects = !isMade && (typeof COLLECTS_GARBAGE === 'undefined' || COLLECTS_GARBAGE);
  const sidecar = makeSidecar({
    inputs,
    files: filesUnder(inputs.root),
    node: systemClock,
    logger,
    ...(collects ? { collectGarbage: giveMemoryBack } : {}),
  });
  endOnSignals(logger, () => sidecar.stop());
  sidecar.start();
}

function giveMemoryBack(): void {
  collectGarbage();
  if (typeof SPARES_MEMORY === 'undefined' || SPARES_MEMORY) spareMemory();
}

function endOnSignals(logger: Logger, stop: () => Promise<void>): void {
  const end = (signal: string): void => {
    logger.info({ signal }, 'shutting down');
    setTimeout(() => process.exit(0), END_MS);
    void stop().finally(() => process.exit(0));
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

/** A state that nobody thought of is left by starting again. */
function endOnDefects(logger: Logger): void {
  process.on('uncaughtException', (error) => {
    logger.fatal(codedFields(toCoded(error)), 'exiting after fatal error');
    process.exit(1);
  });
}

main();
