import { CodedError, type ErrorCode } from '@rolechain/shared';

/** The codes of this package; what they mean and the fix stand in shared's table of errors. */
export type CertificateErrorCode = Extract<
  ErrorCode,
  | 'CertificateSecretForbidden'
  | 'CertificateSecretUnwritable'
  | 'WebhookConfigurationMissing'
  | 'WebhookConfigurationForbidden'
  | 'CertificatesUnavailable'
>;

/**
 * An error whose message may be logged and shown as it is. It has no `cause` on purpose: an error of
 * the API client carries headers and bodies, and a body may be the Secret.
 */
export class CertificateError extends CodedError {
  declare readonly code: CertificateErrorCode;
  /** Whether another attempt within seconds has a chance. */
  readonly passing: boolean;

  constructor(code: CertificateErrorCode, detail: string, passing = false) {
    super(code, detail);
    this.name = 'CertificateError';
    this.passing = passing;
  }
}

/** For `retrying`: everything but what may pass. */
export function isFinal(error: unknown): boolean {
  return !(error instanceof CertificateError && error.passing);
}

/**
 * HTTP status of an error of the API client, else undefined: its ApiException has it as `code`, its Watch as
 * `statusCode`. A DOMException, as a deadline throws it, has a numeric code as well: 23.
 */
export function statusOf(error: unknown): number | undefined {
  return [property(error, 'code'), property(error, 'statusCode')].find(isStatus);
}

const isStatus = (value: unknown): value is number => typeof value === 'number' && value >= 100 && value < 600;

/**
 * Whether a call that got this status may succeed within seconds: no answer, a token that is being
 * renewed (401), an object that somebody deleted between reading and writing (404) or changed (409), load.
 */
export function mayPass(status: number | undefined): boolean {
  return status === undefined || status >= 500 || [401, 404, 408, 409, 429].includes(status);
}

/**
 * What may be said of any error without giving a secret away: the status, or its name and code
 * (`TypeError ECONNREFUSED`). Foreign messages are left out, since they can quote what they choked on:
 * V8's JSON errors do, and so does the API client's ApiException.
 */
export function describeFailure(error: unknown): string {
  const status = statusOf(error);
  if (status !== undefined) return `HTTP ${status}`;
  const given = property(error, 'name');
  const name = typeof given === 'string' && /^[A-Za-z]{1,64}$/.test(given) ? given : typeof error;
  const code = symbol(error) ?? symbol(property(error, 'cause'));
  return code === undefined ? name : `${name} ${code}`;
}

/** A symbolic code such as ECONNREFUSED or ERR_SSL_WRONG_VERSION_NUMBER. */
function symbol(error: unknown): string | undefined {
  const code = property(error, 'code');
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code) ? code : undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
