/**
 * The simulator that `check` asks and the double of STS that the tests ask, over random policies and calls: one verdict. Where
 * they are known to differ, the difference stands in DIFFERENCES, with its reason, and is shown to be one.
 */
import fc from 'fast-check';
import {
  decideAssumeRole,
  decideWebIdentity,
  trustsService,
  type AssumeRequest,
  type Caller,
} from '@rolechain/doubles/trust.ts';
import {
  checkRole,
  type Conditions,
  type Permission,
  type Principal,
  type RoleFixture,
  type TrustStatement,
} from '@rolechain/doubles/iam.ts';
import { runs } from '@rolechain/kit/runs.ts';
import { loadSimulator, type Document, type Question, type Simulator } from './simulator.ts';

const CALLER = 'arn:aws:iam::111111111111:role/base';
const SESSION = 'arn:aws:sts::111111111111:assumed-role/base/shop.pod';
const ISSUER = 'oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE';
const ACTIONS = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity', 'sts:AssumeRoleWithWebIdentity'];

let simulator: Simulator;
beforeAll(async () => {
  simulator = await loadSimulator([]);
});

const target = fc.constantFrom('arn:aws:iam::222222222222:role/orders', 'arn:aws:iam::111111111111:role/team/orders');
const provider = (role: string): string => `arn:aws:iam::${role.split(':')[4] ?? ''}:oidc-provider/${ISSUER}`;

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

const statement = (role: string): fc.Arbitrary<TrustStatement> =>
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

interface Case {
  readonly role: RoleFixture;
  readonly caller: Caller;
  readonly request: AssumeRequest;
}

/** A request that neither replaces an inherited tag nor changes the source identity: STS refuses those before any policy. */
const cases = target.chain((arn): fc.Arbitrary<Case> =>
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

/** `ok`, or the first action that is denied. */
function byDouble({ role, caller, request }: Case): string {
  checkRole({ ...role, permissions: caller.permissions });
  const decision = decideAssumeRole(role, caller, request);
  if (decision.allowed) return 'ok';
  return 'denied' in decision ? decision.denied : decision.conflict;
}

const document = (statements: readonly object[]): Document => ({
  Version: '2012-10-17',
  Statement: statements as Document['Statement'],
});
const prefixed = (prefix: string, tags: object): object =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [prefix + key, value]));
const tagsOf = ({ caller, request }: Case): object => ({
  ...Object.fromEntries(Object.entries(caller.tags).filter(([key]) => caller.transitiveTagKeys.includes(key))),
  ...request.tags,
});

function questionOf(given: Case): Omit<Question, 'action'> {
  const { role, caller, request } = given;
  const tags = tagsOf(given);
  const keys = Object.keys(tags);
  return {
    principal: caller.arn,
    roleARN: role.arn,
    account: role.arn.split(':')[4] ?? '',
    trust: document(role.trust.Statement),
    permissions: [document(caller.permissions)],
    context: {
      'aws:SecureTransport': 'true',
      'sts:RoleSessionName': request.sessionName,
      'aws:PrincipalArn': CALLER,
      'aws:PrincipalAccount': '111111111111',
      ...prefixed('aws:PrincipalTag/', caller.tags),
      ...prefixed('aws:RequestTag/', tags),
      ...(keys.length === 0 ? {} : { 'aws:TagKeys': keys }),
      ...(request.transitiveTagKeys.length === 0 ? {} : { 'sts:TransitiveTagKeys': request.transitiveTagKeys }),
      ...(request.externalId === undefined ? {} : { 'sts:ExternalId': request.externalId }),
      ...(request.sourceIdentity === undefined ? {} : { 'sts:SourceIdentity': request.sourceIdentity }),
      ...(caller.sourceIdentity === undefined ? {} : { 'aws:SourceIdentity': caller.sourceIdentity }),
    },
  };
}

function bySimulator(given: Case): string {
  const question = questionOf(given);
  const actions = [
    'sts:AssumeRole',
    ...(Object.keys(tagsOf(given)).length > 0 ? ['sts:TagSession'] : []),
    ...(given.request.sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ];
  return actions.find((one) => simulator.ask({ ...question, action: one }) !== 'Allowed') ?? 'ok';
}

/** Known differences: which cases, and why. */
const isAnyone = ({ Principal: of }: TrustStatement): boolean => of === '*' || ('AWS' in of && of.AWS === '*');
const DIFFERENCES: readonly { readonly why: string; readonly is: (given: Case) => boolean }[] = [
  {
    why: 'Within one account the simulator takes Principal * for a grant; the double, more strictly, for one to the account.',
    is: ({ role }) => role.arn.includes('111111111111') && role.trust.Statement.some(isAnyone),
  },
];

test('thousands of calls of AssumeRole: one verdict', () => {
  const seen = { ok: 0, denied: 0 };
  fc.assert(
    fc.property(cases, (given) => {
      fc.pre(!DIFFERENCES.some(({ is }) => is(given)));
      const double = byDouble(given);
      seen[double === 'ok' ? 'ok' : 'denied'] += 1;
      expect(bySimulator(given)).toBe(double);
    }),
    { numRuns: runs(4000) },
  );
  // Neither is so rare that nothing was compared.
  expect(Math.min(seen.ok, seen.denied)).toBeGreaterThan(runs(4000) / 20);
});
