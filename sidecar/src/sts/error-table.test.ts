/** What people are told of each error that AWS is known to give, in AWS's words. */
import { stsError, type StsCall } from './errors.ts';
import { findRow, STS_ERRORS } from './error-table.ts';

const TARGET = 'arn:aws:iam::222222222222:role/orders';
const CALLER = 'arn:aws:sts::111111111111:assumed-role/base/shop.orders-1';
const ASSUME: StsCall = { action: 'AssumeRole', roleARN: TARGET, region: 'me-south-1', secrets: [] };
const WEB: StsCall = { ...ASSUME, action: 'AssumeRoleWithWebIdentity', secrets: ['eyJtoken'] };

const denied = (action: string, more = ''): string =>
  `User: ${CALLER} is not authorized to perform: ${action} on resource: ${TARGET}${more}`;

test.each<[string, StsCall, string, string, string, RegExp[]]>([
  [
    'AssumeRole',
    ASSUME,
    'AccessDenied',
    denied('sts:AssumeRole'),
    'StsAccessDenied',
    [
      /Not allowed: sts:AssumeRole on \S+role\/orders for arn:aws:iam::111111111111:role\/base\. /,
      /\(none was sent\)/,
      /or no such role/,
    ],
  ],
  [
    'AssumeRole, with the reason that IAM adds',
    ASSUME,
    'AccessDenied',
    denied('sts:AssumeRole', ' because no identity-based policy allows the sts:AssumeRole action'),
    'StsAccessDenied',
    [/no identity-based policy allows/, /on arn:aws:iam::222222222222:role\/orders for/],
  ],
  [
    'an ExternalId was sent',
    { ...ASSUME, secrets: ['our-secret'] },
    'AccessDenied',
    denied('sts:AssumeRole'),
    'StsAccessDenied',
    [/another ExternalId in the trust policy/, /1\. the ExternalId against the trust policy/],
  ],
  [
    'TagSession, at its hop',
    { ...ASSUME, step: { index: 2, count: 3 } },
    'AccessDenied',
    denied('sts:TagSession'),
    'StsAccessDenied',
    [/, hop 2 of 3:/, /Not allowed: sts:TagSession on/, /disableSessionTags/],
  ],
  [
    'SetSourceIdentity',
    ASSUME,
    'AccessDenied',
    denied('sts:SetSourceIdentity'),
    'StsAccessDenied',
    [/Not allowed: sts:SetSourceIdentity on/],
  ],
  [
    'web identity',
    WEB,
    'AccessDenied',
    'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    'StsAccessDenied',
    [/trust policy of \S+orders must allow sts:AssumeRoleWithWebIdentity/, /does not exist/],
  ],
  [
    'tags too large',
    ASSUME,
    'PackedPolicyTooLarge',
    'Packed size of session tags consumes 117% of allotted space.',
    'StsRejected',
    [/117 % of what/, /Shorten tags, .*disableSessionTags/],
  ],
  [
    'the role allows less',
    ASSUME,
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    'StsRejected',
    [/set for this role\. Lower duration, or raise MaxSessionDuration of arn/],
  ],
  [
    'chained for too long',
    ASSUME,
    'ValidationError',
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    'StsRejected',
    [/3600 s at most\. Lower duration\.$/],
  ],
  [
    'a second source identity',
    ASSUME,
    'ValidationError',
    'The source identity is already set for this assume role session',
    'StsRejected',
    [/Leave out sourceIdentity\.$/],
  ],
  [
    'a tag that is passed on',
    ASSUME,
    'InvalidParameterValue',
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    'StsRejected',
    [/Choose another key\.$/],
  ],
  [
    'a Region that is off',
    ASSUME,
    'RegionDisabledException',
    'STS is not activated in this region for account:222222222222.',
    'StsRegionDisabled',
    [/STS of me-south-1 is not active/],
  ],
  [
    'a token that is old',
    WEB,
    'ExpiredTokenException',
    'Token expired: current date/time 1 must be before the expiration date/time 0',
    'StsCredentialsExpired',
    [/projected token has expired/, /Check the clock of the node/],
  ],
  [
    'another audience',
    WEB,
    'InvalidIdentityToken',
    'Incorrect token audience',
    'StsTokenRejected',
    [/audience is not one of the OIDC provider/, /aws iam add-client-id-to/],
  ],
  [
    'an issuer that the account does not know',
    WEB,
    'InvalidIdentityToken',
    'No OpenIDConnect provider found in your account for https://issuer.example',
    'StsTokenRejected',
    [
      /Account 222222222222 has no OIDC provider for https:\/\/issuer\.example\. Create it in account 222222222222: aws iam create-open/,
    ],
  ],
  [
    'keys that AWS can not read',
    WEB,
    'InvalidIdentityToken',
    "Couldn't retrieve verification key from your identity provider",
    'StsTokenRejected',
    [/the JWKS of the issuer reachable/],
  ],
  [
    'a clock that is slow',
    ASSUME,
    'SignatureDoesNotMatch',
    'Signature expired: 20261122T110000Z is now earlier than 20261122T114500Z (20261122T120000Z - 15 min.)',
    'StsClockSkew',
    [/clocks of the node and of AWS differ/],
  ],
  [
    'a clock that is fast, in another code',
    ASSUME,
    'AccessDenied',
    'Signature not yet current: 20261122T130000Z is still later than 20261122T121500Z',
    'StsClockSkew',
    [/clocks of the node and of AWS differ/],
  ],
  [
    'keys of nobody',
    ASSUME,
    'InvalidClientTokenId',
    'The security token included in the request is invalid.',
    'StsCredentialsExpired',
    [/unknown in me-south-1/],
  ],
])('%s', (_name, call, Code, text, code, patterns) => {
  const thrown = Object.assign(new Error(text), { Code, $metadata: { httpStatusCode: 400 } });
  const error = stsError(thrown, call);
  expect(error.code).toBe(code);
  for (const pattern of patterns) expect(`${error.message} ${error.fix}`).toMatch(pattern);
});

test('no row is behind one that takes everything of its code', () => {
  const taken = new Set<string>();
  for (const { wire, text } of STS_ERRORS) {
    for (const code of wire) {
      expect([code, taken.has(code)]).toEqual([code, false]);
      if (text === undefined) taken.add(code);
    }
  }
  expect(findRow('constructor', '')).toBeUndefined();
});

test('an external ID is blotted out wherever STS repeats it', () => {
  const call = { ...ASSUME, secrets: ['our-secret'] };
  const thrown = Object.assign(new Error('got our-secret, and "our-secret"'), {
    Code: 'ValidationError',
    $metadata: { httpStatusCode: 400 },
  });
  expect(stsError(thrown, call).message).toContain('got …, and "…"');
});
