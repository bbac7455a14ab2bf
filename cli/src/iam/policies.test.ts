/** The policies that are printed, against the double of STS: they suffice, each part is needed, and forged calls are refused. */
import type { Permission, RoleFixture, TrustStatement } from '@rolechain/doubles/iam.ts';
import type { BaseFacts } from './chain.ts';
import { fillIn } from './document.ts';
import {
  BASE,
  CLUSTER,
  HOP,
  ISSUER,
  SECRET,
  TARGET,
  fixturesOf,
  make,
  walk,
  type Forged,
  type Given,
  type Made,
} from './testing/walk.ts';

const FULL = {
  roleARN: TARGET,
  externalIDFrom: { secretKeyRef: { name: 'orders-aws', key: 'external-id' } },
  tags: { team: 'shop' },
  sourceIdentity: 'orders-app',
  via: [{ roleARN: HOP, externalID: 'hub-1', tags: { stage: 'prod' }, transitiveTagKeys: ['stage'] }],
};
const OTHER_BASE = 'arn:aws:iam::111111111111:role/other-base';
const association: Partial<BaseFacts> = { hasAssociation: true };

const CASES: Readonly<Record<string, Given>> = {
  'Pod Identity, a bare ARN': { annotation: TARGET },
  'Pod Identity, all fields': { annotation: FULL },
  'Pod Identity, an exact session name': {
    annotation: { roleARN: TARGET, sessionName: '{namespace}.{serviceAccount}' },
  },
  'Pod Identity, a session name with the pod first': {
    annotation: { roleARN: TARGET, sessionName: '{pod}@{namespace}' },
  },
  'IRSA, a bare ARN': { annotation: TARGET, baseRole: BASE },
  'IRSA, all fields': { annotation: { ...FULL, credentialSource: 'irsa' }, baseRole: BASE },
  'both bases': { annotation: TARGET, baseRole: OTHER_BASE, facts: association },
  'both bases of one role': { annotation: FULL, baseRole: BASE, facts: association },
  'web identity alone': { annotation: { roleARN: TARGET, webIdentity: 'only' } },
  'web identity preferred': {
    annotation: { roleARN: TARGET, webIdentity: 'prefer', credentialSource: 'irsa' },
    baseRole: BASE,
  },
  'another ServiceAccount': {
    annotation: { roleARN: TARGET, serviceAccount: { name: 'deployer', namespace: 'ci' } },
    settings: 'sidecarImage: x\notherServiceAccounts: true',
    others: [
      {
        namespace: 'ci',
        name: 'deployer',
        annotations: { 'eks.amazonaws.com/role-arn': BASE, 'eks.amazonaws.com/audience': 'ci' },
      },
    ],
  },
  'keys of a Secret': {
    annotation: { roleARN: TARGET, credentialSource: 'environment' },
    settings: 'sidecarImage: x\nenvironmentSource: {namespaces: [shop]}',
  },
  'tags of the admin': {
    annotation: { roleARN: TARGET, tags: { team: 'mine' } },
    settings: 'sidecarImage: x\ncluster: prod\nforcedTags: {team: "{namespace}", cluster: "{cluster}"}',
  },
  'two roles by one hop': {
    annotation: {
      roleARN: TARGET,
      via: [{ roleARN: HOP }],
      roles: {
        audit: { roleARN: 'arn:aws:iam::444444444444:role/audit', via: [{ roleARN: HOP }], tags: { kind: 'audit' } },
      },
    },
  },
};

const outcomes = (made: Made, roles: ReadonlyMap<string, RoleFixture>, forged?: Forged): string[] =>
  made.paths.map((path) => walk(made, path, roles, forged));

/** The roles without one statement of one policy. */
function* withoutStatements(
  roles: ReadonlyMap<string, RoleFixture>,
): Generator<[what: string, Map<string, RoleFixture>]> {
  for (const [arn, role] of roles) {
    for (const [at, { Sid = '' }] of role.trust.Statement.entries()) {
      const trust = { Statement: role.trust.Statement.toSpliced(at, 1) };
      yield [`trust of ${arn}: ${Sid}`, new Map([...roles, [arn, { ...role, trust }]])];
    }
    for (const [at, { Action }] of (role.permissions ?? []).entries()) {
      const permissions = (role.permissions ?? []).toSpliced(at, 1);
      yield [`permissions of ${arn}: ${String(Action)}`, new Map([...roles, [arn, { ...role, permissions }]])];
    }
  }
}

describe.each(Object.entries(CASES))('%s', (_name, given) => {
  const made = make(given);
  const roles = fixturesOf(made.policies);

  test('STS accepts every call of every path', () => {
    expect(made.paths).not.toEqual([]);
    expect(outcomes(made, roles)).toEqual(made.paths.map(() => 'ok'));
  });

  test('each statement taken away, STS refuses', () => {
    const removals = [...withoutStatements(roles)];
    expect(removals).not.toEqual([]);
    for (const [what, less] of removals) {
      expect({ what, isRefused: outcomes(made, less).some((outcome) => outcome !== 'ok') }).toEqual({
        what,
        isRefused: true,
      });
    }
  });
});

test('in one account IAM takes a trust policy that names the caller for a permission, too: there the permission is not needed', () => {
  const made = make({ annotation: 'arn:aws:iam::111111111111:role/orders', baseRole: BASE });
  const roles = fixturesOf(made.policies);
  const without = [...withoutStatements(roles)].map(([what, less]) => [what, outcomes(made, less).join()]);
  expect(without).toEqual([
    [`trust of ${BASE}: AssumeRoleWithWebIdentity`, '0: base'],
    [`permissions of ${BASE}: sts:AssumeRole`, 'ok'],
    ['trust of arn:aws:iam::111111111111:role/orders: AssumeRole', '1: target'],
  ]);
});

/** The statements without a condition key. */
const without = <T extends TrustStatement | Permission>(statements: readonly T[], key: string): T[] =>
  statements.map((statement) => ({
    ...statement,
    Condition: Object.fromEntries(
      Object.entries(statement.Condition ?? {}).map(([operator, keys]) => [
        operator,
        Object.fromEntries(Object.entries(keys).filter(([name]) => name !== key)),
      ]),
    ),
  }));

describe('what a condition keeps out', () => {
  const principalTag = (tag: string, value: string): [string, string, Forged] => [
    `aws:PrincipalTag/${tag}`,
    `aws:RequestTag/${tag}`,
    { eks: { [tag]: value } },
  ];

  test.each<[key: string, atBase: string, Forged]>([
    principalTag('eks-cluster-arn', 'arn:aws:eks:eu-central-1:111111111111:cluster/lab'),
    principalTag('kubernetes-namespace', 'lab'),
    principalTag('kubernetes-service-account', 'other-app'),
  ])('%s: the same base role of another pod', (key, atBase, forged) => {
    const made = make(CASES['Pod Identity, all fields']!);
    const roles = fixturesOf(made.policies);
    expect(outcomes(made, roles, forged)).toEqual(['0: base']);
    // A base role that more than this ServiceAccount may have: its own trust policy and permissions name nobody.
    const open = new Map(roles);
    const strip = (arn: string, change: (role: RoleFixture) => Partial<RoleFixture>): void => {
      const role = open.get(arn);
      if (role) open.set(arn, { ...role, ...change(role) });
    };
    strip(BASE, (role) => ({ trust: { Statement: without(role.trust.Statement, atBase) } }));
    // The permission of the base refuses,
    expect(outcomes(made, open, forged)).toEqual(['1: hop']);
    strip(BASE, (role) => ({ permissions: without(role.permissions ?? [], key) }));
    // then the trust policy of the hop,
    expect(outcomes(made, open, forged)).toEqual(['1: hop']);
    strip(HOP, (role) => ({ trust: { Statement: without(role.trust.Statement, key) } }));
    // its permission,
    expect(outcomes(made, open, forged)).toEqual(['2: target']);
    strip(HOP, (role) => ({ permissions: without(role.permissions ?? [], key) }));
    // and the trust policy of the target. Without the last one, the forged call is accepted.
    expect(outcomes(made, open, forged)).toEqual(['2: target']);
    strip(TARGET, (role) => ({ trust: { Statement: without(role.trust.Statement, key) } }));
    expect(outcomes(made, open, forged)).toEqual(['ok']);
  });

  test.each<[name: string, role: string, key: string, Forged]>([
    ['Pod Identity, all fields', TARGET, 'sts:ExternalId', { externalID: 'another', at: 2 }],
    ['Pod Identity, all fields', HOP, 'sts:ExternalId', { externalID: 'another', at: 1 }],
    ['Pod Identity, all fields', TARGET, 'sts:RoleSessionName', { sessionName: 'lab.pod', at: 2 }],
    ['Pod Identity, an exact session name', TARGET, 'sts:RoleSessionName', { sessionName: 'shop.orders2' }],
    ['Pod Identity, all fields', TARGET, 'aws:RequestTag/team', { tags: { team: 'lab' }, at: 2 }],
    ['Pod Identity, all fields', HOP, 'aws:RequestTag/stage', { tags: { stage: 'test' }, at: 1 }],
    ['Pod Identity, all fields', TARGET, 'aws:TagKeys', { tags: { admin: 'true' }, at: 2 }],
    ['Pod Identity, a bare ARN', BASE, 'aws:TagKeys', { tags: { admin: 'true' }, at: 0 }],
    ['IRSA, all fields', TARGET, 'aws:TagKeys', { tags: { admin: 'true' }, at: 2 }],
    ['IRSA, a bare ARN', BASE, `${ISSUER}:sub`, { subject: 'system:serviceaccount:lab:other-app' }],
    ['IRSA, a bare ARN', BASE, `${ISSUER}:aud`, { audience: 'another' }],
    ['web identity alone', TARGET, `${ISSUER}:sub`, { subject: 'system:serviceaccount:lab:other-app' }],
    ['web identity alone', TARGET, `${ISSUER}:aud`, { audience: 'another' }],
    ['web identity alone', TARGET, 'sts:RoleSessionName', { sessionName: 'lab.pod' }],
    ['another ServiceAccount', BASE, `${ISSUER}:sub`, { subject: 'system:serviceaccount:shop:orders' }],
    ['another ServiceAccount', BASE, `${ISSUER}:aud`, { audience: 'sts.amazonaws.com' }],
  ])('%s: %s without %s', (name, arn, key, forged) => {
    const made = make(CASES[name]!);
    const roles = fixturesOf(made.policies);
    expect(outcomes(made, roles, forged)).not.toContain('ok');
    const role = roles.get(arn)!;
    const open = new Map([...roles, [arn, { ...role, trust: { Statement: without(role.trust.Statement, key) } }]]);
    expect(outcomes(made, open, forged)).toEqual(['ok']);
  });

  test.each([TARGET, HOP])('the source identity of the chain, at %s', (arn) => {
    const made = make(CASES['Pod Identity, all fields']!);
    const roles = new Map(fixturesOf(made.policies));
    const forged = { sourceIdentity: 'mallory' };
    expect(outcomes(made, roles, forged)).toEqual(['1: hop']);
    for (const open of [HOP, TARGET].filter((other) => other !== arn)) {
      const role = roles.get(open)!;
      roles.set(open, { ...role, trust: { Statement: without(role.trust.Statement, 'sts:SourceIdentity') } });
    }
    expect(outcomes(made, roles, forged)).toEqual([arn === HOP ? '1: hop' : '2: target']);
    const role = roles.get(arn)!;
    roles.set(arn, { ...role, trust: { Statement: without(role.trust.Statement, 'sts:SourceIdentity') } });
    expect(outcomes(made, roles, forged)).toEqual(['ok']);
  });

  test('a role that is the base of both: sessions of Pod Identity pass by the statement of Pod Identity alone', () => {
    const made = make(CASES['both bases of one role']!);
    const roles = new Map(fixturesOf(made.policies));
    const base = roles.get(BASE)!;
    // Another ServiceAccount with an association to the same role, whose base trusts all, and may do all.
    const open = {
      trust: { Statement: without(base.trust.Statement, 'aws:RequestTag/kubernetes-namespace') },
      permissions: [{ Action: 'sts:*', Resource: '*' }],
    };
    roles.set(BASE, { ...base, ...open });
    const forged = { eks: { 'kubernetes-namespace': 'lab' } };
    const path = made.paths[0]!;
    expect(walk(made, path, roles, forged)).toBe('1: hop');
    const openHop = (key: string): void => {
      const hop = roles.get(HOP)!;
      const Statement = without(hop.trust.Statement, key);
      roles.set(HOP, { ...hop, trust: { Statement } });
    };
    // Two conditions keep it out. STS's readings of aws:TagKeys differ in whether inherited tags are in it.
    openHop('aws:TagKeys');
    expect(walk(made, path, roles, forged)).toBe('1: hop');
    openHop('aws:PrincipalTag/eks-cluster-arn');
    expect(walk(made, path, roles, forged)).toBe('2: target');
  });
});

test('no policy holds an external ID of a Secret', () => {
  const { policies } = make(CASES['Pod Identity, all fields']!);
  const text = JSON.stringify(policies.map(({ trust }) => trust && fillIn(trust)));
  expect(text).toContain('"sts:ExternalId":"<external_id_orders_aws_external_id>"');
  expect(text).toContain(CLUSTER);
  expect(text).not.toContain(SECRET);
});

test('every statement of a trust policy has one action, and only condition keys that AWS documents for it', () => {
  const keys: Readonly<Record<string, RegExp>> = {
    'sts:AssumeRole': /^(aws:(PrincipalTag|RequestTag)\/.+|sts:(ExternalId|RoleSessionName|SourceIdentity))$/,
    'sts:AssumeRoleWithWebIdentity': /^(sts:RoleSessionName|oidc\..+:(sub|aud))$/,
    'sts:TagSession': /^aws:((PrincipalTag|RequestTag)\/.+|TagKeys)$/,
    'sts:SetSourceIdentity': /^(aws:PrincipalTag\/.+|sts:SourceIdentity)$/,
  };
  for (const given of Object.values(CASES)) {
    for (const { trust } of make(given).policies) {
      for (const { Action, Condition = {} } of trust?.Statement ?? []) {
        for (const key of Object.values(Condition).flatMap((part) => Object.keys(part))) {
          expect(`${String(Action)} ${key}`).toMatch(new RegExp(`^${String(Action)} `));
          expect(key).toMatch(keys[String(Action)] ?? /^never$/);
        }
      }
    }
  }
});
