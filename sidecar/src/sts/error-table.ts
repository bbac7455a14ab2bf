/**
 * What STS's errors mean and what is missing then: the one table of them. Codes as they stand on the wire
 * (STS API reference, Common Errors, and botocore's service model sts/2011-06-15); texts as AWS words them,
 * where a code alone does not tell. What is not here goes by its HTTP status.
 */
import type { ErrorCode } from '@rolechain/shared';
import { adviseDenied } from './denied.ts';
import type { HintFacts } from './hint-facts.ts';

/** A sentence or two on what is missing. `match` is that of the row's text. */
type Hint = (match: RegExpExecArray | undefined, call: HintFacts) => string;

interface Row {
  /** Codes on the wire. */
  readonly wire: readonly string[];
  /** The row counts only where STS's text matches. */
  readonly text?: RegExp;
  readonly code: ErrorCode;
  readonly hint?: Hint;
  /** Where this case tells more than the code's own. */
  readonly fix?: Hint;
}

const DENIED = ['AccessDenied', 'AccessDeniedException'];
const VALIDATION = ['ValidationError', 'ValidationException'];
const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired'];
const SIGNATURE = ['SignatureDoesNotMatch', 'RequestExpired', 'InvalidSignatureException', 'AccessDenied'];
const UNKNOWN_KEYS = ['InvalidClientTokenId', 'UnrecognizedClientException'];

const webIdentity: Hint = (_match, { roleARN }) =>
  `The trust policy of ${roleARN} must allow sts:AssumeRoleWithWebIdentity to the cluster's OIDC provider, with the sub of this ServiceAccount and the aud of its token. A role that does not exist gets the same answer.`;

const webIdentityFix: Hint = (_match, { roleARN }) =>
  `Allow sts:AssumeRoleWithWebIdentity in the trust policy of ${roleARN} to the OIDC provider of the cluster.`;

const accountOf = (roleARN: string): string => roleARN.split(':')[4] ?? '';

const isChained = ({ action }: HintFacts): boolean => action === 'AssumeRole';

const packed: Hint = (match) =>
  match ? `That is ${match[1] ?? ''} % of what session tags and policies together may take.` : '';
const packedFix: Hint = () =>
  'Shorten tags, policy or policyARNs. The six session tags of Pod Identity count too: `disableSessionTags` on the association leaves them out.';

/** In order: the first row that fits counts. */
export const STS_ERRORS: readonly Row[] = [
  {
    // AWS SDKs' common list of throttling codes (botocore, data/_retry.json).
    wire: [
      'Throttling',
      'ThrottlingException',
      'Throttled',
      'ThrottledException',
      'RequestThrottled',
      'RequestThrottledException',
      'TooManyRequestsException',
      'RequestLimitExceeded',
      'BandwidthLimitExceeded',
      'LimitExceededException',
      'PriorRequestNotComplete',
      'SlowDown',
    ],
    code: 'StsThrottled',
  },
  {
    wire: [
      'InternalFailure',
      'InternalError',
      'ServiceUnavailable',
      'ServiceUnavailableException',
      'RequestTimeout',
      'RequestTimeoutException',
    ],
    code: 'StsUnavailable',
  },
  // 400 with the trait `retryable`.
  { wire: ['IDPCommunicationError'], code: 'StsUnavailable', hint: () => "STS could not reach the cluster's issuer." },

  // A wrong clock comes in several codes, and goes by its text.
  {
    wire: SIGNATURE,
    text: /Signature (?:expired|not yet current)|Request has expired|must be within \d+ minutes/i,
    code: 'StsClockSkew',
  },
  { wire: ['RequestTimeTooSkewed', 'RequestInTheFuture'], code: 'StsClockSkew' },

  {
    wire: DENIED,
    text: /sts:AssumeRoleWithWebIdentity/,
    code: 'StsAccessDenied',
    hint: webIdentity,
    fix: webIdentityFix,
  },
  {
    wire: DENIED,
    code: 'StsAccessDenied',
    hint: (match, call) => (isChained(call) ? adviseDenied(call.said, call).hint : webIdentity(match, call)),
    fix: (match, call) => (isChained(call) ? adviseDenied(call.said, call).fix : webIdentityFix(match, call)),
  },

  { wire: ['PackedPolicyTooLarge'], text: /(\d{1,9})\s?%/, code: 'StsRejected', hint: packed, fix: packedFix },
  { wire: ['PackedPolicyTooLarge'], code: 'StsRejected', fix: packedFix },
  {
    wire: ['MalformedPolicyDocument'],
    code: 'StsRejected',
    hint: () => 'The field policy (or policyARNs) is not a policy that IAM accepts.',
    fix: () => 'Correct it: `aws accessanalyzer validate-policy` says what is wrong.',
  },
  {
    wire: VALIDATION,
    text: /MaxSessionDuration/,
    code: 'StsRejected',
    fix: (_match, { roleARN }) => `Lower duration, or raise MaxSessionDuration of ${roleARN}.`,
  },
  {
    wire: VALIDATION,
    text: /1 hour session limit/,
    code: 'StsRejected',
    hint: () => 'A session that another session opens lasts 3600 s at most.',
    fix: () => 'Lower duration.',
  },
  {
    wire: [...VALIDATION, 'InvalidParameterValue'],
    text: /source identity/i,
    code: 'StsRejected',
    hint: () => 'The base identity has one already, and one is for a whole chain.',
    fix: () => 'Leave out sourceIdentity.',
  },
  {
    wire: [...VALIDATION, 'InvalidParameterValue'],
    text: /transitive tag/i,
    code: 'StsRejected',
    hint: () => 'A tag that an earlier session passes on can not be set again.',
    fix: () => 'Choose another key.',
  },
  {
    wire: [
      ...VALIDATION,
      'MalformedInput',
      'MalformedQueryString',
      'InvalidParameterValue',
      'InvalidParameterCombination',
      'MissingParameter',
    ],
    code: 'StsRejected',
  },

  {
    wire: ['RegionDisabledException', 'RegionDisabled'],
    code: 'StsRegionDisabled',
    hint: (_match, { region }) => `STS of ${region} is not active in the account of the role.`,
  },

  {
    wire: EXPIRED,
    text: /Token expired: current date/,
    code: 'StsCredentialsExpired',
    hint: () => 'The projected token has expired, and the kubelet has not renewed it.',
    fix: () => 'Check the clock of the node, and the log of its kubelet.',
  },
  { wire: EXPIRED, code: 'StsCredentialsExpired' },
  {
    wire: UNKNOWN_KEYS,
    code: 'StsCredentialsExpired',
    hint: (_match, { region }) =>
      `The keys are unknown in ${region}: they ended, their role was removed, or they are of another partition or of a Region that the account has not enabled.`,
  },
  // The keys come from STS or the agent in whole, and a wrong clock has a text: so these are keys that are no more.
  { wire: ['SignatureDoesNotMatch'], code: 'StsCredentialsExpired' },

  {
    wire: ['InvalidIdentityToken', 'IDPRejectedClaim'],
    text: /audience/i,
    code: 'StsTokenRejected',
    hint: () => "The token's audience is not one of the OIDC provider in IAM.",
    fix: () =>
      'Add the audience there (aws iam add-client-id-to-open-id-connect-provider), or set eks.amazonaws.com/audience on the ServiceAccount.',
  },
  {
    wire: ['InvalidIdentityToken'],
    text: /No OpenIDConnect provider found in your account for (\S+)/,
    code: 'StsTokenRejected',
    hint: (match, { roleARN }) =>
      `Account ${accountOf(roleARN)} has no OIDC provider for ${match?.[1] ?? 'the issuer'}.`,
    fix: (match, { roleARN }) =>
      `Create it in account ${accountOf(roleARN)}: aws iam create-open-id-connect-provider --url ${match?.[1] ?? 'ISSUER'} --client-id-list sts.amazonaws.com.`,
  },
  {
    wire: ['InvalidIdentityToken'],
    text: /verification key/,
    code: 'StsTokenRejected',
    hint: () => "AWS could not read the issuer's keys.",
    fix: () => 'Make the discovery document and the JWKS of the issuer reachable from the internet.',
  },
  { wire: ['InvalidIdentityToken', 'IDPRejectedClaim'], code: 'StsTokenRejected' },
];

/** The row of an error, with the match of its text; undefined for a code that is not in the table. Pure. */
export function findRow(
  wire: string,
  text: string,
): (Row & { readonly match: RegExpExecArray | undefined }) | undefined {
  for (const row of STS_ERRORS) {
    if (!row.wire.includes(wire)) continue;
    if (row.text === undefined) return { ...row, match: undefined };
    const match = row.text.exec(text);
    if (match) return { ...row, match };
  }
  return undefined;
}
