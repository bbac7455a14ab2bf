import { pino, destination, type DestinationStream, type Logger as PinoLogger, type LoggerOptions } from 'pino';
import { CodedError } from './errors.ts';

export type Logger = PinoLogger;

const LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/**
 * A logger that writes one line of JSON an event to standard output, at once: a program that is about
 * to be killed must not take its last lines with it. An unknown level is `info`. `to`: elsewhere.
 */
export function makeLogger(name: string, level = 'info', to?: DestinationStream): Logger {
  const options: LoggerOptions = {
    name,
    level: LEVELS.includes(level) ? level : 'info',
    // Process id and host name say nothing in a container.
    base: null,
    messageKey: 'message',
    formatters: { level: (label) => ({ level: label }) },
    timestamp: isoTime,
  };
  return pino(options, to ?? destination({ dest: 1, sync: true }));
}

let lastMs = NaN;
let lastText = '';
/** As pino's `isoTime`, but for lines of the same millisecond made once: it is a third of what a line costs. */
function isoTime(): string {
  const now = Date.now();
  if (now !== lastMs) {
    lastMs = now;
    lastText = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastText;
}

/** What a log line says of an error: code, message and fix of ours; of any other only its name and message. */
export function errorFields(error: unknown): Record<string, string> {
  if (error instanceof CodedError) return { code: error.code, error: error.message, fix: error.fix };
  if (error instanceof Error) return { code: 'InternalError', error: `${error.name}: ${error.message}` };
  return { code: 'InternalError', error: 'a value that is not an Error was thrown' };
}
