import { CodedError, type ErrorCode } from '@rolechain/shared';
import { oneLine, sentence } from './text.ts';

/** STS explains a refusal at the end of its sentence, behind two ARNs. */
const MAX_TEXT = 600;

/**
 * STS's error codes, as they stand on the wire (STS API reference, Common Errors, and botocore's service
 * model sts/2011-06-15). What is not here goes by its HTTP status.
 */
const CODES: Readonly<Record<string, ErrorCode>> = {
  // AWS SDKs' common list of throttling codes (botocore, data/_retry.json).
  Throttling: 'StsThrottled',
  ThrottlingException: 'StsThrottled',
  Throttled: 'StsThrottled',
  ThrottledException: 'StsThrottled',
  RequestThrottled: 'StsThrottled',
  RequestThrottledException: 'StsThrottled',
  TooManyRequestsException: 'StsThrottled',
  RequestLimitExceeded: 'StsThrottled',
  BandwidthLimitExceeded: 'StsThrottled',
  LimitExceededException: 'StsThrottled',
  PriorRequestNotComplete: 'StsThrottled',
  SlowDown: 'StsThrottled',

  InternalFailure: 'StsUnavailable',
  InternalError: 'StsUnavailable',
  ServiceUnavailable: 'StsUnavailable',
  ServiceUnavailableException: 'StsUnavailable',
  RequestTimeout: 'StsUnavailable',
  RequestTimeoutException: 'StsUnavailable',
  // 400 with the trait `retryable`: STS could not reach the cluster's OIDC issuer.
  IDPCommunicationError: 'StsUnavailable',

  AccessDenied: 'StsAccessDenied',
  AccessDeniedException: 'StsAccessDenied',

  ValidationError: 'StsRejected',
  ValidationException: 'StsRejected',
  MalformedPolicyDocument: 'StsRejected',
  MalformedInput: 'StsRejected',
  MalformedQueryString: 'StsRejected',
  PackedPolicyTooLarge: 'StsRejected',
  InvalidParameterValue: 'StsRejected',
  InvalidParameterCombination: 'StsRejected',
  MissingParameter: 'StsRejected',

  RegionDisabledException: 'StsRegionDisabled',
  RegionDisabled: 'StsRegionDisabled',

  ExpiredToken: 'StsCredentialsExpired',
  ExpiredTokenException: 'StsCredentialsExpired',
  InvalidClientTokenId: 'StsCredentialsExpired',
  UnrecognizedClientException: 'StsCredentialsExpired',
  RequestExpired: 'StsCredentialsExpired',
  // The keys come from STS or the agent in whole, so a wrong signature is a wrong clock, or keys that are no more.
  SignatureDoesNotMatch: 'StsCredentialsExpired',

  InvalidIdentityToken: 'StsTokenRejected',
  IDPRejectedClaim: 'StsTokenRejected',
};

/** Which call failed: for the message. */
export interface StsCall {
  readonly action: 'AssumeRole' | 'AssumeRoleWithWebIdentity';
  readonly roleARN: string;
  readonly region: string;
  /** Parameters that no message may repeat. */
  readonly secrets: readonly string[];
}

/** What the SDK throws, as far as it is read here. */
interface SdkError {
  readonly name?: unknown;
  readonly message?: unknown;
  /** Of the service: the code on the wire. */
  readonly Code?: unknown;
  /** Of Node: ECONNREFUSED and the like. */
  readonly code?: unknown;
  /** Of Node, with `code`: the name that was not found, or the address that refused. */
  readonly hostname?: unknown;
  readonly address?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** The coded error of what an STS call threw. Anything may come in. */
export function stsError(thrown: unknown, call: StsCall): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const error = (thrown ?? {}) as SdkError;
  const where = `${call.action} ${call.roleARN} (${call.region})`;
  const status = error.$metadata?.httpStatusCode;
  const coded = (code: ErrorCode, detail: string): CodedError => new CodedError(code, `${where}: ${detail}`);

  // A connection can also break in the middle of an answer, so this comes before the status.
  if (typeof error.code === 'string') return coded('StsUnreachable', sentence(whereTo(error.code, error)));
  if (status === undefined) return coded('StsUnreachable', timedOut(error) ? 'no answer in time.' : 'no connection.');

  const wireCode = typeof error.Code === 'string' ? error.Code : undefined;
  const known = wireCode !== undefined && Object.hasOwn(CODES, wireCode) ? CODES[wireCode] : undefined;
  const text = wireCode === undefined ? `HTTP status ${status}.` : sentence(`${wireCode}: ${message(error, call)}`);
  if (known !== undefined) return coded(known, text);
  if (status >= 500) return coded('StsUnavailable', text);
  if (status === 429) return coded('StsThrottled', text);
  // Without a code it is no answer of STS: a proxy, a captive portal, or a body that doesn't parse.
  if (wireCode === undefined) return coded('StsNonsense', text);
  return coded(status === 403 ? 'StsAccessDenied' : 'StsRejected', text);
}

function whereTo(code: string, { hostname, address }: SdkError): string {
  const place = hostname ?? address;
  return typeof place === 'string' ? `${code} ${place}` : code;
}

function timedOut(error: SdkError): boolean {
  return error.name === 'TimeoutError' || error.name === 'AbortError';
}

/** As STS repeats a parameter that it refuses: "Value 'x' at 'externalId' failed to satisfy constraint". */
const REPEATED = /Value '[^']*' at '(externalId|webIdentityToken)'/g;

function message(error: SdkError, { secrets }: StsCall): string {
  let text = typeof error.message === 'string' ? error.message.replace(REPEATED, "Value at '$1'") : '';
  for (const secret of secrets) text = text.replaceAll(`'${secret}'`, "'…'");
  return oneLine(text, MAX_TEXT);
}
