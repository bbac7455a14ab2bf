/**
 * The simulator that `check` asks and the double of STS that the tests ask, over random policies and calls: one verdict. Where
 * they are known to differ, the difference stands in DIFFERENCES, with its reason, and is shown to be one.
 */
import fc from 'fast-check';
import { decideAssumeRole, decideWebIdentity, trustsService } from '@rolechain/doubles/trust.ts';
import { checkRole, type Permission, type TrustStatement } from '@rolechain/doubles/iam.ts';
import { runs } from '@rolechain/kit/runs.ts';
import { CALLER, ISSUER, SESSION, cases, provider, statement, target, type Case } from './testing/random-policies.ts';
import { loadSimulator, type Document, type Question, type Simulator } from './simulator.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await loadSimulator([]);
});

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
const operatorsOf = ({ role, caller }: Case): string[] =>
  [...role.trust.Statement, ...caller.permissions].flatMap(({ Condition = {} }) => Object.keys(Condition));
const DIFFERENCES: readonly { readonly why: string; readonly is: (given: Case) => boolean }[] = [
  {
    why: 'Within one account the simulator takes Principal * for a grant; the double, more strictly, for one to the account.',
    is: ({ role }) => role.arn.includes('111111111111') && role.trust.Statement.some(isAnyone),
  },
  {
    why: 'With ForAnyValue the simulator takes an absent key for a failure under IfExists, too; the double as IAM documents IfExists: it holds.',
    is: (given) => operatorsOf(given).some((operator) => /^ForAnyValue:.*IfExists$/.test(operator)),
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
    { numRuns: runs(3000) },
  );
  // Neither is so rare that nothing was compared.
  expect(Math.min(seen.ok, seen.denied)).toBeGreaterThan(runs(3000) / 20);
});

test('web identities: one verdict', () => {
  const given = target.chain((arn) =>
    fc.record({
      arn: fc.constant(arn),
      trust: fc.array(statement(arn), { minLength: 1, maxLength: 3 }),
      subject: fc.constantFrom('system:serviceaccount:shop:orders', 'system:serviceaccount:lab:orders'),
      audience: fc.constantFrom('sts.amazonaws.com', 'other'),
    }),
  );
  const seen = new Set<boolean>();
  fc.assert(
    fc.property(given, ({ arn, trust, subject, audience }) => {
      const anyone = trust.some(isAnyone);
      const unsure = operatorsOf({ role: { arn, trust: { Statement: trust } }, caller: { permissions: [] } } as never);
      fc.pre(!anyone && !unsure.some((operator) => /^ForAnyValue:.*IfExists$/.test(operator)));
      const { allowed } = decideWebIdentity(
        { arn, trust: { Statement: trust } },
        { issuer: ISSUER, subject, audience },
        'shop.pod',
      );
      const verdict = simulator.ask({
        principal: provider(arn),
        action: 'sts:AssumeRoleWithWebIdentity',
        roleARN: arn,
        account: arn.split(':')[4] ?? '',
        context: {
          'aws:SecureTransport': 'true',
          'sts:RoleSessionName': 'shop.pod',
          [`${ISSUER}:sub`]: subject,
          [`${ISSUER}:aud`]: audience,
        },
        trust: document(trust),
        permissions: [],
      });
      seen.add(allowed);
      expect(verdict === 'Allowed').toBe(allowed);
    }),
    { numRuns: runs(1500) },
  );
  expect([...seen].sort()).toEqual([false, true]);
});

test('EKS Pod Identity: one verdict', () => {
  const tags = { 'kubernetes-namespace': 'shop', team: 'shop' };
  const context = {
    'aws:SecureTransport': 'true',
    'aws:TagKeys': Object.keys(tags),
    ...prefixed('aws:RequestTag/', tags),
  };
  const seen = new Set<boolean>();
  fc.assert(
    fc.property(
      target.chain((arn) =>
        fc.record({ arn: fc.constant(arn), trust: fc.array(statement(arn), { minLength: 1, maxLength: 3 }) }),
      ),
      ({ arn, trust }) => {
        const role = { arn, trust: { Statement: trust } };
        fc.pre(
          !trust.some(isAnyone) &&
            !operatorsOf({ role, caller: { permissions: [] } } as never).some((one) =>
              /^ForAnyValue:.*IfExists$/.test(one),
            ),
        );
        const question = {
          principal: 'pods.eks.amazonaws.com',
          roleARN: arn,
          account: '1',
          context,
          trust: document(trust),
          permissions: [],
        };
        const allowed = ['sts:AssumeRole', 'sts:TagSession'].every(
          (one) => simulator.ask({ ...question, context, action: one }) === 'Allowed',
        );
        seen.add(allowed);
        expect(allowed).toBe(trustsService(role, 'pods.eks.amazonaws.com', tags));
      },
    ),
    { numRuns: runs(1500) },
  );
  expect([...seen].sort()).toEqual([false, true]);
});

describe('where they differ', () => {
  const plain = (arn: string, changes: Partial<TrustStatement>, permissions: Permission[] = []): Case => ({
    role: {
      arn,
      trust: { Statement: [{ Effect: 'Allow', Principal: { AWS: CALLER }, Action: 'sts:AssumeRole', ...changes }] },
    },
    caller: { arn: SESSION, roleArn: CALLER, permissions, tags: {}, transitiveTagKeys: [] },
    request: { sessionName: 'shop.pod', tags: {}, transitiveTagKeys: [] },
  });
  const own = 'arn:aws:iam::111111111111:role/team/orders';

  test.each<[why: string, given: Case, simulated: string, doubled: string]>([
    [DIFFERENCES[0]?.why ?? '', plain(own, { Principal: '*' }), 'ok', 'sts:AssumeRole'],
    [
      DIFFERENCES[1]?.why ?? '',
      plain(own, { Condition: { 'ForAnyValue:StringEqualsIfExists': { 'sts:TransitiveTagKeys': 'team' } } }),
      'sts:AssumeRole',
      'ok',
    ],
    [
      'The ARN of a session has no path: the simulator compares the name of the role alone, the double its whole ARN.',
      plain(own, { Principal: { AWS: 'arn:aws:iam::111111111111:role/other/base' } }),
      'ok',
      'sts:AssumeRole',
    ],
    [
      'A condition without a set operator on a key of several values: the simulator refuses it, the double takes one value that matches.',
      {
        ...plain(own, { Action: 'sts:*', Condition: { StringEquals: { 'aws:TagKeys': ['team'] } } }),
        request: { sessionName: 's', tags: { team: 'a', stage: 'b' }, transitiveTagKeys: [] },
      },
      'sts:AssumeRole',
      'ok',
    ],
  ])('%s', (_why, given, simulated, doubled) => {
    expect([bySimulator(given), byDouble(given)]).toEqual([simulated, doubled]);
  });
});
