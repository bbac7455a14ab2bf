import fc from 'fast-check';
import { arnLike } from '@rolechain/shared';
import { patternFault } from './role-pattern.ts';

test.each([
  'arn:aws:iam::222222222222:role/orders',
  'arn:aws:iam::222222222222:role/*',
  'arn:aws:iam::*:role/*',
  'arn:*:iam::2222????2222:role/team/?',
  'arn:aws*:iam::22*:*',
  '*:*:*:*:*:*',
  'arn:aws:iam:*:*:rol*',
  'arn:aws:iam::222222222222:????/?',
])('%s may match a role', (pattern) => expect(patternFault(pattern)).toBeUndefined());

test.each([
  ['role/*', /has 1 of the 6 parts/],
  ['orders', /has 1 of the 6 parts/],
  ['arn:aws:iam:222222222222:role/*', /has 5 of the 6 parts/],
  ['*', /has 1 of the 6 parts/],
  ['aws:arn:iam::222222222222:role/*', /does not begin with arn:/],
  ['arn:AWS:iam::222222222222:role/*', /"AWS" for the partition/],
  ['arn:aws:sts::222222222222:assumed-role/x/*', /"sts" for the service; that of roles is iam/],
  ['arn:aws:iam:eu-west-1:222222222222:role/*', /"eu-west-1" for the Region; roles have none/],
  ['arn:aws:iam::?:222222222222:role/*', /for the account ID/],
  ['arn:aws:iam:?:222222222222:role/*', /"\?" for the Region/],
  ['arn:aws:iam::22222222222:role/*', /"22222222222" for the account ID, which has 12 digits/],
  ['arn:aws:iam::2222222222222*:role/*', /account ID/],
  ['arn:aws:iam::prod:role/*', /"prod" for the account ID/],
  ['arn:aws:iam::222222222222:user/*', /"user\/\*" for the resource, which begins with role\//],
  ['arn:aws:iam::222222222222:role', /resource/],
  ['arn:aws:iam::222222222222:role/', /resource/],
])('%s matches none', (pattern, fault) => expect(patternFault(pattern)).toMatch(fault));

test('what matches a role has no fault', () => {
  const part = (text: string) => fc.constantFrom(text, '*', `${text}*`, `*${text}`, text.replace(/./, '?'), `${text}x`);
  const arn = 'arn:aws:iam::222222222222:role/a/b';
  const parts = ['arn', 'aws', 'iam', '', '222222222222', 'role/a/b'].map(part);
  fc.assert(
    fc.property(fc.tuple(...parts), (glob) => {
      const pattern = glob.join(':');
      if (arnLike(pattern, arn)) expect(patternFault(pattern)).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
});
