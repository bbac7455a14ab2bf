import { CodedError, errorFields, ERRORS } from '@rolechain/shared';

/** The error as it is when it is one of the table; anything else is a defect of ours. */
export function toCoded(reason: unknown): CodedError {
  return reason instanceof CodedError ? reason : new CodedError('InternalError', '', { cause: reason });
}

/** The error with a further sentence behind its detail. A defect keeps its cause. */
export function withMore(error: CodedError, more: string): CodedError {
  const detail = error.message.slice(ERRORS[error.code].text.length).trim();
  return new CodedError(error.code, `${detail} ${more}`.trim(), { cause: error.cause, fix: error.fix });
}

/**
 * What a log line says of an error. Of a defect, its name and its places say what to look for; its
 * message could quote anything.
 */
export function codedFields(error: CodedError): Record<string, string> {
  const { cause } = error;
  return { ...errorFields(error), ...(cause instanceof Error ? { cause: cause.name, stack: placesOf(cause) } : {}) };
}

function placesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join(' < ');
}

/** `ENOENT` and the like, which say enough and never more than that. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'unknown error';
}
