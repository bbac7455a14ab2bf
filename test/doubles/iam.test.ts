import fc from 'fast-check';
import { checkRole, conditionsHold, globMatches, sessionArn, type Conditions, type RoleFixture } from './iam.ts';

const context = new Map([
  ['sts:externalid', ['shop-1']],
  ['aws:principalarn', ['arn:aws:iam::111111111111:role/team/base']],
  ['aws:tagkeys', ['team', 'fixture']],
  ['aws:securetransport', ['true']],
]);

test.each<[Conditions, boolean]>([
  [{}, true],
  [{ StringEquals: { 'sts:ExternalId': 'shop-1' } }, true],
  [{ StringEquals: { 'STS:externalID': 'shop-1' } }, true],
  [{ StringEquals: { 'sts:ExternalId': ['x', 'shop-1'] } }, true],
  [{ StringEquals: { 'sts:ExternalId': 'shop-*' } }, false],
  [{ StringEquals: { 'sts:ExternalId': 'SHOP-1' } }, false],
  [{ StringLike: { 'sts:ExternalId': 'shop-?' } }, true],
  [{ StringLike: { 'sts:ExternalId': 'hop-1' } }, false],
  [{ StringEquals: { 'sts:SourceIdentity': 'x' } }, false],
  [{ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/team/*' } }, true],
  [{ ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/*' } }, true],
  [{ ArnLike: { 'aws:PrincipalArn': 'arn:aws:*:role/team/base' } }, false],
  [{ ArnLike: { 'aws:PrincipalArn': '*' } }, false],
  [{ StringEquals: { 'sts:ExternalId': 'shop-1' }, StringLike: { 'sts:ExternalId': 'x*' } }, false],
  [{ StringEquals: { 'sts:ExternalId': 'shop-1', 'sts:SourceIdentity': 'x' } }, false],
  [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'fixture', 'more'] } }, true],
  [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } }, false],
  [{ 'ForAllValues:StringEquals': { 'sts:TransitiveTagKeys': ['team'] } }, true],
  [{ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['team'] } }, true],
  [{ 'ForAnyValue:StringEquals': { 'sts:TransitiveTagKeys': ['team'] } }, false],
  [{ StringEqualsIgnoreCase: { 'sts:ExternalId': 'SHOP-1' } }, true],
  [{ StringNotEquals: { 'sts:ExternalId': 'shop-1' } }, false],
  [{ StringNotEquals: { 'sts:ExternalId': ['x', 'shop-1'] } }, false],
  [{ StringNotEquals: { 'sts:ExternalId': 'x' } }, true],
  [{ StringNotEquals: { 'sts:SourceIdentity': 'x' } }, true],
  [{ StringNotLike: { 'sts:ExternalId': 'shop-*' } }, false],
  [{ ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::222222222222:role/*' } }, true],
  [{ StringEqualsIfExists: { 'sts:SourceIdentity': 'x' } }, true],
  [{ StringEqualsIfExists: { 'sts:ExternalId': 'x' } }, false],
  [{ Null: { 'sts:ExternalId': 'true' } }, false],
  [{ Null: { 'sts:ExternalId': 'false' } }, true],
  [{ Null: { 'sts:SourceIdentity': 'true' } }, true],
  [{ Null: { 'sts:SourceIdentity': 'false' } }, false],
  [{ Bool: { 'aws:SecureTransport': 'true' } }, true],
  [{ Bool: { 'aws:SecureTransport': 'false' } }, false],
  [{ 'ForAllValues:StringNotEquals': { 'aws:TagKeys': ['role'] } }, true],
  [{ 'ForAllValues:StringNotEquals': { 'aws:TagKeys': ['team'] } }, false],
  [{ 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': ['team'] } }, true],
])('%j holds: %j', (conditions, expected) => {
  expect(conditionsHold(conditions, context)).toBe(expected);
});

test('a glob without wildcards matches itself alone, and * matches anything', () => {
  const plain = fc.string().filter((text) => !/[*?]/.test(text));
  fc.assert(
    fc.property(plain, plain, (a, b) => {
      expect(globMatches(a, b)).toBe(a === b);
      expect(globMatches(`${a}*`, a + b)).toBe(true);
      expect(globMatches('*', b)).toBe(true);
    }),
  );
});

test('the ARN of a session leaves out the path of the role and keeps the partition', () => {
  expect(sessionArn('arn:aws-cn:iam::111111111111:role/a/b/base', 's')).toBe(
    'arn:aws-cn:sts::111111111111:assumed-role/base/s',
  );
});

describe('a role that this double could not judge is refused', () => {
  const role = (change: Partial<RoleFixture>, statement: object = {}): RoleFixture => ({
    arn: 'arn:aws:iam::111111111111:role/base',
    trust: {
      Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole', ...statement }],
    },
    ...change,
  });

  test('a plain one is not', () => {
    expect(() => checkRole(role({}))).not.toThrow();
    expect(() => checkRole(role({}, { Action: 'sts:*' }))).not.toThrow();
    const eks = { StringLike: { 'oidc.eks.eu-central-1.amazonaws.com/id/A1:sub': 'system:*' } };
    expect(() => checkRole(role({}, { Condition: eks }))).not.toThrow();
  });

  test.each<[string, RoleFixture, RegExp]>([
    ['ARN', role({ arn: 'arn:aws:iam::111111111111:user/x' }), /not an IAM role ARN/],
    ['duration', role({ maxSessionDuration: 900 }), /900 is outside 3600-43200/],
    ['Deny', role({}, { Effect: 'Deny' }), /Effect Deny is not supported/],
    ['action', role({}, { Action: 's3:GetObject' }), /Action s3:GetObject has no place/],
    ['operator', role({}, { Condition: { NumericEquals: {} } }), /operator NumericEquals is not supported/],
    [
      'a variable',
      role({}, { Condition: { StringEquals: { 'sts:ExternalId': '${aws:username}' } } }),
      /variables.*not/,
    ],
    ['a Sid', role({}, { Sid: 'a-b' }), /Sid a-b/],
    [
      'conditions of permissions',
      role({ permissions: [{ Action: '*', Resource: '*', Condition: { IpAddress: {} } }] }),
      /operator IpAddress/,
    ],
    ['key', role({}, { Condition: { StringEquals: { 'sts:ExternalID2': 'x' } } }), /key sts:ExternalID2 is not/],
    ['principal kind', role({}, { Principal: { CanonicalUser: 'x' } }), /CanonicalUser.* is not supported/],
    ['principal pattern', role({}, { Principal: { AWS: 'arn:aws:iam::111111111111:role/*' } }), /is no ARN of a role/],
  ])('%s', (_name, fixture, message) => {
    expect(() => checkRole(fixture)).toThrow(message);
  });
});
