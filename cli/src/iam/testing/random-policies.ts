/** Random policies and calls, in the language that the double of STS knows. */
import fc from 'fast-check';
import type { AssumeRequest, Caller } from '@rolechain/doubles/trust.ts';
import type { Conditions, Permission, Principal, RoleFixture, TrustStatement } from '@rolechain/doubles/iam.ts';

export const CALLER = 'arn:aws:iam::111111111111:role/base';
export const SESSION = 'arn:aws:sts::111111111111:assumed-role/base/shop.pod';
export const ISSUER = 'oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE';
const ACTIONS = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity', 'sts:AssumeRoleWithWebIdentity'];

export const target = fc.constantFrom(
  'arn:aws:iam::222222222222:role/orders',
  'arn:aws:iam::111111111111:role/team/orders',
);
export const provider = (role: string): string => `arn:aws:iam::${role.split(':')[4] ?? ''}:oidc-provider/${ISSUER}`;

const some = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof(
    of,
    fc.uniqueArray(of, { minLength: 1, maxLength: 3, comparator: (a, b) => JSON.stringify(a) === JSON.stringify(b) }),
  );
const action = some(fc.constantFrom(...ACTIONS, ...ACTIONS, 'sts:*', 'sts:assumerole'));
const principal = (role: string): fc.Arbitrary<Principal> =>
  fc.oneof(
    some(
      fc.constantFrom(
        CALLER,
        CALLER,
        SESSION,
        `${SESSION}2`,
        `${CALLER}2`,
        'arn:aws:iam::111111111111:root',
        '111111111111',
        '222222222222',
      ),
    ).map((AWS) => ({ AWS })),
    fc.constant({ AWS: '*' }),
    fc.constant('*' as const),
    fc.constantFrom(provider(role), `${provider(role)}2`).map((Federated) => ({ Federated })),
    fc.constantFrom('pods.eks.amazonaws.com', 'ec2.amazonaws.com').map((Service) => ({ Service })),
  );

/** Keys of one value, with values that a call may have and others. */
const SINGLE: Readonly<Record<string, readonly string[]>> = {
  'sts:ExternalId': ['x-1', 'X-1', 'x*', 'y'],
  'sts:RoleSessionName': ['shop.pod', 'shop.*', 'SHOP.POD', 'lab.???'],
  'sts:SourceIdentity': ['alice', 'bob', '*'],
  'aws:SourceIdentity': ['alice', 'a*'],
  'aws:PrincipalArn': [CALLER, 'arn:aws:iam::*:role/base', 'arn:aws:iam::111111111111:role/*'],
  'aws:PrincipalAccount': ['111111111111', '222222222222'],
  'aws:RequestTag/team': ['shop', 'lab', 's*', ''],
  'AWS:requesttag/Team': ['shop'],
  'aws:PrincipalTag/kubernetes-namespace': ['shop', 'lab'],
  'aws:PrincipalTag/team': ['shop'],
  [`${ISSUER}:sub`]: ['system:serviceaccount:shop:orders', 'system:serviceaccount:*:orders'],
  [`${ISSUER}:aud`]: ['sts.amazonaws.com', 'other'],
};
const MULTIPLE = {
  'aws:TagKeys': ['team', 'kubernetes-namespace', 'stage', 't*'],
  'sts:TransitiveTagKeys': ['team', 'stage'],
};
const TEXT = [
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringNotLike',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
];
const ARN = ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'];

const values = (of: readonly string[]): fc.Arbitrary<string | string[]> => some(fc.constantFrom(...of));
const single = fc.constantFrom(...Object.keys(SINGLE)).chain((key) =>
  fc.record({
    operator: fc
      .tuple(fc.constantFrom(...TEXT, ...(key === 'aws:PrincipalArn' ? ARN : [])), fc.constantFrom('', '', 'IfExists'))
      .map((parts) => parts.join('')),
    key: fc.constant(key),
    values: values(SINGLE[key] ?? []),
  }),
);
const multiple = fc.constantFrom(...Object.entries(MULTIPLE)).chain(([key, of]) =>
  fc.record({
    operator: fc
      .tuple(
        fc.constantFrom('ForAllValues:', 'ForAnyValue:'),
        fc.constantFrom(...TEXT),
        fc.constantFrom('', 'IfExists'),
      )
      .map((parts) => parts.join('')),
    key: fc.constant(key),
    values: values(of),
  }),
);
const presence = fc.record({
  operator: fc.constant('Null'),
  key: fc.constantFrom(...Object.keys(SINGLE), ...Object.keys(MULTIPLE)),
  values: fc.constantFrom('true', 'false'),
});
const secure = fc.record({
  operator: fc.constant('Bool'),
  key: fc.constant('aws:SecureTransport'),
  values: fc.constantFrom('true', 'false'),
});
const conditions = fc
  .array(fc.oneof(single, single, multiple, presence, secure), { maxLength: 2 })
  .map((all): Conditions => {
    const made: Record<string, Record<string, string | string[]>> = {};
    for (const { operator, key, values: of } of all) made[operator] = { ...made[operator], [key]: of };
    return made;
  });

export const statement = (role: string): fc.Arbitrary<TrustStatement> =>
  fc.record({
    Effect: fc.constant('Allow' as const),
    Principal: principal(role),
    Action: action,
    Condition: conditions,
  });
const permission = (role: string): fc.Arbitrary<Permission> =>
  fc.record({
    Effect: fc.constant('Allow' as const),
    Action: action,
    Resource: some(fc.constantFrom(role, role, '*', `${role.slice(0, -3)}*`, `${role}2`)),
    Condition: fc.oneof(fc.constant({}), conditions),
  });

export interface Case {
  readonly role: RoleFixture;
  readonly caller: Caller;
  readonly request: AssumeRequest;
}

/** A request that neither replaces an inherited tag nor changes the source identity: STS refuses those before any policy. */
export const cases = target.chain((arn): fc.Arbitrary<Case> =>
  fc
    .record({
      trust: fc.array(statement(arn), { minLength: 1, maxLength: 3 }),
      permissions: fc.oneof(
        fc.constant([{ Effect: 'Allow' as const, Action: 'sts:*', Resource: '*' }]),
        fc.array(permission(arn), { maxLength: 2 }),
      ),
      isTagged: fc.boolean(),
      inherited: fc.constantFrom(undefined, 'alice'),
      own: fc.constantFrom(undefined, 'alice', 'bob'),
      externalId: fc.constantFrom(undefined, 'x-1', 'y'),
      tags: fc.constantFrom({}, { team: 'shop' }, { team: 'lab', stage: 'x' }, { stage: '' }),
    })
    .map(({ trust, permissions, isTagged, inherited, own, externalId, tags }) => {
      const sourceIdentity = inherited ?? own;
      return {
        role: { arn, trust: { Statement: trust } },
        caller: {
          arn: SESSION,
          roleArn: CALLER,
          permissions,
          tags: isTagged ? { 'kubernetes-namespace': 'shop', loose: '1' } : {},
          transitiveTagKeys: isTagged ? ['kubernetes-namespace'] : [],
          ...(inherited === undefined ? {} : { sourceIdentity: inherited }),
        },
        request: {
          sessionName: 'shop.pod',
          tags,
          transitiveTagKeys: 'stage' in tags ? ['stage'] : [],
          ...(externalId === undefined ? {} : { externalId }),
          ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
        },
      };
    }),
);
