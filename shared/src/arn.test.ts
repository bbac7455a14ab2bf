import fc from 'fast-check';
import { parseRoleARN, roleARNFault } from './arn.ts';

test.each([
  ['arn:aws:iam::123456789012:role/x', { partition: 'aws', account: '123456789012', resource: 'x' }],
  ['arn:aws-cn:iam::000000000000:role/a/b/c', { partition: 'aws-cn', account: '000000000000', resource: 'a/b/c' }],
  ['arn:aws-us-gov:iam::123456789012:role/A_+=,.@-9', { partition: 'aws-us-gov', resource: 'A_+=,.@-9' }],
  ['arn:aws-iso-b:iam::123456789012:role/aws-reserved/sso/x', { resource: 'aws-reserved/sso/x' }],
])('%s is taken apart', (arn, parts) => expect(parseRoleARN(arn)).toMatchObject(parts));

const of = (resource: string) => `arn:aws:iam::123456789012:role/${resource}`;

test.each([
  '',
  'x',
  'arn:aws:iam::123456789012:role/',
  'arn:aws:iam::123456789012:role/a/',
  'arn:aws:iam::123456789012:user/x',
  'arn:aws:iam::123456789012:role',
  'arn:aws:sts::123456789012:assumed-role/x/y',
  'arn:aws:iam:eu-west-1:123456789012:role/x',
  'arn:aws:iam::12345678901:role/x',
  'arn:aws:iam::1234567890123:role/x',
  'arn:aws:iam::١٢٣٤٥٦٧٨٩٠١٢:role/x',
  'arn:AWS:iam::123456789012:role/x',
  'arn:aws-:iam::123456789012:role/x',
  'arn:gcp:iam::123456789012:role/x',
  'ARN:aws:iam::123456789012:role/x',
  ' arn:aws:iam::123456789012:role/x',
  'arn:aws:iam::123456789012:role/x\n',
  of('a b'),
  of('é'),
  of('a b/x'),
  of('a\u007f/x'),
  of('a*'),
])('%j is none', (text) => expect(parseRoleARN(text)).toBeUndefined());

test('a name has at most 64 characters, a path at most 512 with the slashes at its ends', () => {
  expect(parseRoleARN(of('n'.repeat(64)))).toBeDefined();
  expect(parseRoleARN(of('n'.repeat(65)))).toBeUndefined();
  expect(parseRoleARN(of(`${'p'.repeat(510)}/n`))).toBeDefined();
  expect(parseRoleARN(of(`${'p'.repeat(511)}/n`))).toBeUndefined();
});

test('what is taken apart can be put together again', () => {
  const partition = fc.constantFrom('aws', 'aws-cn', 'aws-us-gov', 'aws-iso', 'aws-iso-b', 'aws-eusc');
  const account = fc.stringMatching(/^\d{12}$/);
  const name = fc.stringMatching(/^[\w+=,.@-]{1,64}$/);
  const path = fc.option(fc.stringMatching(/^[\x21-\x7e]{1,20}\/$/), { nil: '' });
  fc.assert(
    fc.property(partition, account, path, name, (p, a, folder, n) => {
      const resource = folder + n;
      expect(parseRoleARN(`arn:${p}:iam::${a}:role/${resource}`)).toEqual({ partition: p, account: a, resource });
    }),
  );
});

test('no text is slow', () => {
  for (const text of [of('/'.repeat(200_000)), of('a/'.repeat(100_000)), `arn:aws${'-a'.repeat(100_000)}`]) {
    expect(parseRoleARN(text)).toBeUndefined();
  }
});

test.each([
  ['arn:aws:iam::12345678901:role/x', 'the account ID has 11 digits, not 12'],
  ['arn:aws:iam::1234567890123:role/x', 'the account ID has 13 digits, not 12'],
  ['arn:aws:iam::1234-5678-9012:role/x', 'the account ID is not 12 digits'],
  ['arn:aws:iam:::role/x', 'the account ID is not 12 digits'],
  ['arn:aws:iam:eu-west-1:123456789012:role/x', 'its fourth part, the Region, is not empty'],
  ['arn:aws:s3:::orders', 'its third part, the service, is not iam'],
  [
    'arn:aws:sts::123456789012:assumed-role/x/y',
    'it is the ARN of a session; that of its role is arn:aws:iam::123456789012:role/x',
  ],
  ['arn:aws:iam::123456789012:user/x', 'its last part does not begin with role/'],
  ['arn:aws:iam::123456789012:Role/x', 'its last part does not begin with role/'],
  ['arn:AWS:iam::123456789012:role/x', 'its second part is not a partition, such as aws or aws-cn'],
  [' arn:aws:iam::123456789012:role/x', 'white space stands around it'],
  [of('a/'), 'the name of the role is missing'],
  [of('a b'), 'the name of the role is not of letters, digits and +=,.@_-'],
  [of('n'.repeat(65)), 'the name of the role has 65 characters; IAM takes 64'],
  [of('a b/x'), 'the path of the role holds other characters than printable ASCII'],
  [of(`${'p'.repeat(511)}/n`), 'the path of the role has more than 512 characters'],
  [of('n'.repeat(3000)), 'it has 3031 characters'],
  ['orders', undefined],
])('what is wrong with %s', (text, fault) => expect(roleARNFault(text)).toBe(fault));

test('of a whole text with all its parts something is always said', () => {
  const part = fc.constantFrom('', 'arn', 'aws', 'iam', '123456789012', '1', 'role', 'role/x', 'role/', 'é', 'a b');
  fc.assert(
    fc.property(fc.array(part, { minLength: 5, maxLength: 5 }), (parts) => {
      const text = ['arn', ...parts].join(':');
      if (parseRoleARN(text) === undefined) expect(roleARNFault(text)).toBeDefined();
    }),
  );
});
