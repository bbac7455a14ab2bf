/**
 * The one table of coded errors. Its renderings: an HTTP answer (`status`), an admission message, a
 * log line, a metric label (the code) and an exit code. docs/errors.md is generated from it.
 */
import { COMMAND } from './error-table/command.ts';
import { CREDENTIALS } from './error-table/credentials.ts';
import type { ErrorEntry } from './error-table/entry.ts';
import { INPUT } from './error-table/input.ts';
import { PROGRAM } from './error-table/program.ts';
import { REQUEST } from './error-table/request.ts';

export type { ErrorEntry } from './error-table/entry.ts';

export const ERRORS = { ...INPUT, ...REQUEST, ...CREDENTIALS, ...PROGRAM, ...COMMAND } as const;
export type ErrorCode = keyof typeof ERRORS;

/** The groups in which the reference shows the codes. */
export const ERROR_GROUPS: Readonly<Record<string, Readonly<Record<string, ErrorEntry>>>> = {
  'Documents that people write': INPUT,
  'Requests to the credentials endpoint': REQUEST,
  'Credentials that are not available': CREDENTIALS,
  'The programs themselves': PROGRAM,
  'The command line': COMMAND,
};

/** The table's entry of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return ERRORS[code];
}

/** An error of the table, with what this case adds (never a secret). */
export class CodedError extends Error {
  readonly code: ErrorCode;

  /** What to do: of this case, or the table's. */
  readonly fix: string;

  /**
   * `detail` is a sentence about this case; without it, the message is the table's text alone. `fix` is said instead of
   * the table's where this case tells more.
   */
  constructor(code: ErrorCode, detail = '', options: ErrorOptions & { readonly fix?: string } = {}) {
    const { fix, ...rest } = options;
    super(detail === '' ? ERRORS[code].text : `${ERRORS[code].text} ${detail}`, rest);
    this.name = 'CodedError';
    this.code = code;
    this.fix = fix ?? ERRORS[code].fix;
  }

  /** False where it may pass without anybody's change. */
  get terminal(): boolean {
    return ERRORS[this.code].status !== 503;
  }
}
