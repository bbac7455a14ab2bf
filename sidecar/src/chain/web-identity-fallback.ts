/**
 * `webIdentity: prefer`: which errors of AssumeRoleWithWebIdentity on the target lead to the chain. One
 * table. Only what says that this way is closed does; what may pass, and what the chain would meet too,
 * is an error of this fetch. It is asked again at each refresh, so no answer is for longer than that.
 */
import type { ErrorCode } from '@rolechain/shared';

export interface FallbackRow {
  readonly fallsBack: boolean;
  readonly reason: string;
}

const row = (fallsBack: boolean, reason: string): FallbackRow => ({ fallsBack, reason });

export const FALLBACK: Readonly<Partial<Record<ErrorCode, FallbackRow>>> = {
  StsAccessDenied: row(true, "the target's trust policy does not name this ServiceAccount: what `prefer` is for"),
  StsTokenRejected: row(true, "the target's account does not know the cluster's issuer or the audience"),

  StsRegionDisabled: row(false, "the chain asks the same account's STS"),
  StsRejected: row(false, 'duration, session name and policy are the same in the chain'),

  StsThrottled: row(false, 'it passes; the chain would add calls to the same quota'),
  StsUnavailable: row(false, 'it passes, also where STS could not reach the issuer (IDPCommunicationError)'),
  StsUnreachable: row(false, 'it passes; the chain needs STS too'),
  StsInvalidResponse: row(false, 'what answered is not STS, so it said nothing about this way'),
  StsClockSkew: row(false, 'the chain signs with the same clock'),
  StsCredentialsExpired: row(false, 'the next token comes without a change'),

  BaseTokenUnreadable: row(false, 'the kubelet is about to write it'),
  BaseTokenMalformed: row(false, 'the kubelet is about to write it'),
  TokenRequestAccountMissing: row(false, "the chain's base identity needs the same token"),
  TokenRequestRefused: row(false, "the chain's base identity needs the same token"),
  TokenRequestForbidden: row(false, "the chain's base identity needs the same token"),
  TokenRequestUnavailable: row(false, 'it passes'),
};

/** Whether the chain is walked after this error. A code without a row (a defect) never leads to it. Pure. */
export function fallsBack(code: ErrorCode): boolean {
  return FALLBACK[code]?.fallsBack ?? false;
}
