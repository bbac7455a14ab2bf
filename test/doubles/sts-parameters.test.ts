import { randomBytes } from 'node:crypto';
import { checkParameters, packedPercent, readParameters, type Parameters } from './sts-parameters.ts';

const ROLE = 'arn:aws:iam::222222222222:role/orders';
const valid = { RoleArn: ROLE, RoleSessionName: 'shop.pod-1' };
const tag = (i: number, key: string, value = ''): Record<string, string> => ({
  [`Tags.member.${i}.Key`]: key,
  [`Tags.member.${i}.Value`]: value,
});
const many = (n: number, make: (i: number) => Record<string, string>): Record<string, string> =>
  Object.assign({}, ...Array.from({ length: n }, (_, i) => make(i + 1))) as Record<string, string>;

test('a whole request is read', () => {
  const body = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    ...valid,
    DurationSeconds: '1800',
    ExternalId: 'a:b/c',
    SourceIdentity: 'alice',
    ...tag(10, 'last'),
    ...tag(2, 'team', 'größe 1'),
    'TransitiveTagKeys.member.1': 'Team',
    Policy: '{"Statement":[]}',
    'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
  });
  expect(checkParameters('AssumeRole', readParameters(Buffer.from(body.toString())))).toEqual({
    roleArn: ROLE,
    sessionName: 'shop.pod-1',
    durationSeconds: 1800,
    externalId: 'a:b/c',
    sourceIdentity: 'alice',
    tags: { team: 'größe 1', last: '' },
    transitiveTagKeys: ['Team'],
    policyText: '{"Statement":[]}arn:aws:iam::aws:policy/ReadOnlyAccess',
  });
});

test('members of a list keep the order of their numbers', () => {
  const checked = checkParameters('AssumeRole', { ...valid, ...tag(10, 'c'), ...tag(2, 'b'), ...tag(1, 'a') });
  expect(Object.keys('tags' in checked ? checked.tags : {})).toEqual(['a', 'b', 'c']);
});

test('an hour is the default, and AssumeRoleWithWebIdentity passes over what it does not know', () => {
  const parameters = { ...valid, WebIdentityToken: 'token', ExternalId: 'x', ...tag(1, '*') };
  expect(checkParameters('AssumeRoleWithWebIdentity', parameters)).toEqual({
    ...{ roleArn: ROLE, sessionName: 'shop.pod-1', durationSeconds: 3600, webIdentityToken: 'token' },
    ...{ tags: {}, transitiveTagKeys: [], policyText: '' },
  });
});

test.each<[string, Parameters]>([
  ['the shortest', { ...valid, RoleSessionName: 'ab', ExternalId: 'ab', DurationSeconds: '900' }],
  [
    'the longest',
    { ...valid, RoleSessionName: 'a'.repeat(64), ExternalId: 'a'.repeat(1224), DurationSeconds: '43200' },
  ],
  ['fifty tags', { ...valid, ...many(50, (i) => tag(i, `k${i}`)) }],
  ['a long tag', { ...valid, ...tag(1, 'k'.repeat(128), 'v'.repeat(256)) }],
  ['a policy of 2048', { ...valid, Policy: JSON.stringify({ Statement: 'x'.repeat(2048 - 16) }) }],
])('%s is taken', (_name, parameters) => {
  expect(checkParameters('AssumeRole', parameters)).not.toHaveProperty('code');
});

const at = (name: string, value: string, constraint: string): string =>
  `1 validation error detected: Value ${value} at '${name}' failed to satisfy constraint: Member must ${constraint}`;

test.each<[string, Parameters, string, string]>([
  ['no role', { RoleSessionName: 'ab' }, 'ValidationError', at('roleArn', 'null', 'not be null')],
  [
    'a short name',
    { ...valid, RoleSessionName: 'a' },
    'ValidationError',
    at('roleSessionName', "'a'", 'have length greater than or equal to 2'),
  ],
  [
    'a long name',
    { ...valid, RoleSessionName: 'a'.repeat(65) },
    'ValidationError',
    at('roleSessionName', `'${'a'.repeat(65)}'`, 'have length less than or equal to 64'),
  ],
  [
    'a space in the name',
    { ...valid, RoleSessionName: 'a b' },
    'ValidationError',
    at('roleSessionName', "'a b'", 'satisfy regular expression pattern: [\\w+=,.@-]*'),
  ],
  [
    'a letter beyond ASCII in the name',
    { ...valid, RoleSessionName: 'größe' },
    'ValidationError',
    at('roleSessionName', "'größe'", 'satisfy regular expression pattern: [\\w+=,.@-]*'),
  ],
  [
    'a newline after the external ID',
    { ...valid, ExternalId: 'ab\n' },
    'ValidationError',
    at('externalId', "'ab\n'", 'satisfy regular expression pattern: [\\w+=,.@:\\/-]*'),
  ],
  [
    'a short session',
    { ...valid, DurationSeconds: '899' },
    'ValidationError',
    at('durationSeconds', "'899'", 'have value greater than or equal to 900'),
  ],
  [
    'a long session',
    { ...valid, DurationSeconds: '43201' },
    'ValidationError',
    at('durationSeconds', "'43201'", 'have value less than or equal to 43200'),
  ],
  [
    'a star in a tag',
    { ...valid, ...tag(1, 'a*') },
    'ValidationError',
    at('tags.1.member.key', "'a*'", 'satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+'),
  ],
  [
    'a long tag value',
    { ...valid, ...tag(1, 'a', 'v'.repeat(257)) },
    'ValidationError',
    at('tags.1.member.value', `'${'v'.repeat(257)}'`, 'have length less than or equal to 256'),
  ],
  [
    'no ARN',
    { ...valid, RoleArn: 'arn:aws:iam::role/orders-x' },
    'ValidationError',
    'arn:aws:iam::role/orders-x is invalid',
  ],
  [
    'the same key twice',
    { ...valid, ...tag(1, 'a'), ...tag(2, 'A') },
    'InvalidParameterValue',
    'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  ],
  [
    'a transitive key of no tag',
    { ...valid, ...tag(1, 'a'), 'TransitiveTagKeys.member.1': 'b' },
    'InvalidParameterValue',
    'The specified transitive tag key must be included in the requested tags.',
  ],
  ['no JSON', { ...valid, Policy: '{' }, 'MalformedPolicyDocument', 'The policy is not in the valid JSON format.'],
  ['no policy', { ...valid, Policy: '{}' }, 'MalformedPolicyDocument', 'Syntax errors in policy.'],
  [
    'a long policy',
    { ...valid, Policy: JSON.stringify({ Statement: 'x'.repeat(2048 - 15) }) },
    'PackedPolicyTooLarge',
    'Packed policy consumes 101% of allotted space, please use smaller policy.',
  ],
])('%s is refused', (_name, parameters, code, message) => {
  expect(checkParameters('AssumeRole', parameters)).toEqual({ status: 400, code, message });
});

test('all violations are told at once, lists among them', () => {
  const parameters = {
    RoleArn: 'short',
    ...many(51, (i) => tag(i, `k${i}`)),
    ...many(11, (i) => ({ [`PolicyArns.member.${i}.arn`]: 'arn:aws:iam::aws:policy/ReadOnlyAccess' })),
    ...many(51, (i) => ({ [`TransitiveTagKeys.member.${i}`]: 'k' })),
  };
  const answer = checkParameters('AssumeRole', parameters);
  expect(answer).toMatchObject({
    code: 'ValidationError',
    message: expect.stringMatching(/^5 validation errors detected: /),
  });
  for (const name of ['roleArn', 'roleSessionName', 'tags', 'policyArns', 'transitiveTagKeys']) {
    expect(answer).toMatchObject({ message: expect.stringContaining(`at '${name}'`) });
  }
});

test('the policy of AssumeRoleWithWebIdentity has a limit of its own', () => {
  const parameters = { ...valid, WebIdentityToken: 'token', Policy: 'x'.repeat(2049) };
  expect(checkParameters('AssumeRoleWithWebIdentity', parameters)).toMatchObject({
    code: 'ValidationError',
    message: expect.stringContaining('have length less than or equal to 2048'),
  });
});

test('the packed size is there only when something is packed, and can be exceeded by tags', () => {
  expect(packedPercent('', {})).toBeUndefined();
  expect(packedPercent('', { team: 'shop' })).toBeLessThan(10);
  const random = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`k${i}`, randomBytes(96).toString('base64')]),
  );
  expect(packedPercent('', random)).toBeGreaterThan(100);
});
