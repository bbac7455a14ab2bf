/**
 * Double of STS's error answers: code, HTTP status and wording, in one table.
 *
 * Wording from the STS API reference and from answers of AWS that were seen; where neither is known the text is our
 * own and the line says so.
 */
import type { SignatureError } from './sigv4.ts';

/** An error answer of STS. `status` is the HTTP status. */
export type StsError = { status: number; code: string; message: string };

const SIGNATURE_STATUS: Record<SignatureError, number> = {
  MissingAuthenticationToken: 403,
  IncompleteSignature: 400,
  InvalidClientTokenId: 403,
  SignatureDoesNotMatch: 403,
};

export function signatureError(code: SignatureError, message: string): StsError {
  return { status: SIGNATURE_STATUS[code], code, message };
}

/** Credentials of the caller are past their expiry. */
export function expiredToken(): StsError {
  return { status: 403, code: 'ExpiredToken', message: 'The security token included in the request is expired' };
}

export function invalidAction(action: string): StsError {
  const message = `Could not find operation ${action} for version 2011-06-15`;
  return { status: 400, code: 'InvalidAction', message };
}

/** One text for all violated constraints of a request. */
export function validationErrors(violations: readonly string[]): StsError {
  const count = `${violations.length} validation error${violations.length === 1 ? '' : 's'} detected`;
  return validationError(`${count}: ${violations.join('; ')}`);
}

export function validationError(message: string): StsError {
  return { status: 400, code: 'ValidationError', message };
}

export const CHAINING_LIMIT =
  'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining';
export const ROLE_LIMIT = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
export const SOURCE_IDENTITY_SET = 'The source identity is already set for this assume role session';

export const DUPLICATE_TAGS = 'Duplicate tag keys found. Please note that Tag keys are case insensitive.';
export const TRANSITIVE_KEY_WITHOUT_TAG = 'The specified transitive tag key must be included in the requested tags.';
export const TRANSITIVE_TAG_TAKEN =
  "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.";

export function invalidParameterValue(message: string): StsError {
  return { status: 400, code: 'InvalidParameterValue', message };
}

export function accessDenied(callerArn: string, action: string, roleArn: string): StsError {
  const message = `User: ${callerArn} is not authorized to perform: ${action} on resource: ${roleArn}`;
  return { status: 403, code: 'AccessDenied', message };
}

export function webIdentityDenied(): StsError {
  return { status: 403, code: 'AccessDenied', message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity' };
}

export function malformedPolicy(message: string): StsError {
  return { status: 400, code: 'MalformedPolicyDocument', message };
}

export function packedPolicyTooLarge(percent: number): StsError {
  const message = `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`;
  return { status: 400, code: 'PackedPolicyTooLarge', message };
}

export function packedTagsTooLarge(percent: number): StsError {
  const message = `Packed size of session tags consumes ${percent}% of allotted space.`;
  return { status: 400, code: 'PackedPolicyTooLarge', message };
}

export function invalidIdentityToken(message: string): StsError {
  return { status: 400, code: 'InvalidIdentityToken', message };
}

/** `now` and `expiry` in seconds. */
export function expiredIdentityToken(now: number, expiry: number): StsError {
  const message = `Token expired: current date/time ${now} must be before the expiration date/time ${expiry}`;
  return { status: 400, code: 'ExpiredTokenException', message };
}
