import { mayAssume, trustPodIdentity, trustRole, trustServiceAccount } from './fixtures.ts';
import type { RoleFixture, TrustPolicy } from './iam.ts';
import { decideAssumeRole, decideWebIdentity, trustsService, type AssumeRequest, type Caller } from './trust.ts';

const BASE = 'arn:aws:iam::111111111111:role/team/base';
const SAME = 'arn:aws:iam::111111111111:role/same';
const OTHER = 'arn:aws:iam::222222222222:role/orders';

const caller = (change: Partial<Caller> = {}): Caller => ({
  arn: 'arn:aws:sts::111111111111:assumed-role/base/pod-1',
  roleArn: BASE,
  permissions: [],
  tags: {},
  transitiveTagKeys: [],
  ...change,
});
const request = (change: Partial<AssumeRequest> = {}): AssumeRequest => ({
  sessionName: 'shop.pod-1',
  tags: {},
  transitiveTagKeys: [],
  ...change,
});
const role = (arn: string, trust: TrustPolicy): RoleFixture => ({ arn, trust });
const permitted = caller({ permissions: mayAssume(OTHER, SAME) });

/** `ok`, the denied action, or the conflict. */
function outcome(fixture: RoleFixture | undefined, by: Caller, what: AssumeRequest): string {
  const decision = decideAssumeRole(fixture, by, what);
  if (decision.allowed) return 'ok';
  return 'denied' in decision ? decision.denied : decision.conflict;
}

describe('who may assume', () => {
  test.each<[string, string, string, Caller, string]>([
    ['same account, role named', SAME, BASE, caller(), 'ok'],
    ['same account, session named', SAME, 'arn:aws:sts::111111111111:assumed-role/base/pod-1', caller(), 'ok'],
    ['same account, another session named', SAME, 'arn:aws:sts::111111111111:assumed-role/base/x', caller(), 'no'],
    ['same account, account named, no permission', SAME, 'arn:aws:iam::111111111111:root', caller(), 'no'],
    ['same account, account named, permission', SAME, 'arn:aws:iam::111111111111:root', permitted, 'ok'],
    ['same account, account number, permission', SAME, '111111111111', permitted, 'ok'],
    ['same account, anyone, no permission', SAME, '*', caller(), 'no'],
    ['same account, anyone, permission', SAME, '*', permitted, 'ok'],
    ['same account, another role named', SAME, `${BASE}2`, permitted, 'no'],
    ['other account, role named, no permission', OTHER, BASE, caller(), 'no'],
    ['other account, role named, permission', OTHER, BASE, permitted, 'ok'],
    ['other account, account named, permission', OTHER, '111111111111', permitted, 'ok'],
    ['other account, its own account named', OTHER, '222222222222', permitted, 'no'],
    ['a permission for another role', OTHER, BASE, caller({ permissions: mayAssume(SAME) }), 'no'],
    [
      'a permission by wildcard',
      OTHER,
      BASE,
      caller({ permissions: [{ Action: 'sts:*', Resource: 'arn:aws:iam::222222222222:role/ord*' }] }),
      'ok',
    ],
    [
      'a permission for another action',
      OTHER,
      BASE,
      caller({ permissions: [{ Action: 'sts:TagSession', Resource: '*' }] }),
      'no',
    ],
  ])('%s: %s trusts %s', (_name, target, principal, by, expected) => {
    const wanted = expected === 'ok' ? 'ok' : 'sts:AssumeRole';
    expect(outcome(role(target, trustRole(principal)), by, request())).toBe(wanted);
  });

  test('an unknown role, one that trusts nobody, one that trusts a service alone', () => {
    expect(outcome(undefined, permitted, request())).toBe('sts:AssumeRole');
    expect(outcome(role(OTHER, { Statement: [] }), permitted, request())).toBe('sts:AssumeRole');
    expect(outcome(role(OTHER, trustPodIdentity()), permitted, request())).toBe('sts:AssumeRole');
  });

  test('a user is named by its own ARN', () => {
    const user = caller({ arn: 'arn:aws:iam::111111111111:user/me' });
    const { roleArn, ...withoutRole } = user;
    expect(roleArn).toBe(BASE);
    expect(outcome(role(SAME, trustRole(user.arn)), withoutRole, request())).toBe('ok');
    expect(outcome(role(SAME, trustRole(BASE)), withoutRole, request())).toBe('sts:AssumeRole');
  });
});

describe('conditions', () => {
  const tagged = caller({
    permissions: mayAssume(OTHER),
    tags: { 'kubernetes-namespace': 'shop', loose: '1' },
    transitiveTagKeys: ['kubernetes-namespace'],
    sourceIdentity: 'alice',
  });
  const conditions = (StringEquals: Record<string, string>): RoleFixture =>
    role(OTHER, trustRole(BASE, { setSourceIdentity: true, conditions: { StringEquals } }));

  test.each<[Record<string, string>, Partial<AssumeRequest>, boolean]>([
    [{ 'sts:ExternalId': 'x1' }, { externalId: 'x1' }, true],
    [{ 'sts:ExternalId': 'x1' }, { externalId: 'x2' }, false],
    [{ 'sts:ExternalId': 'x1' }, {}, false],
    [{ 'sts:RoleSessionName': 'shop.pod-1' }, {}, true],
    [{ 'sts:RoleSessionName': 'shop.pod-2' }, {}, false],
    [{ 'aws:PrincipalArn': BASE }, {}, true],
    [{ 'aws:PrincipalArn': tagged.arn }, {}, false],
    [{ 'aws:PrincipalAccount': '111111111111' }, {}, true],
    [{ 'aws:PrincipalTag/kubernetes-namespace': 'shop' }, {}, true],
    [{ 'aws:PrincipalTag/Kubernetes-Namespace': 'shop' }, {}, true],
    [{ 'aws:PrincipalTag/kubernetes-namespace': 'web' }, {}, false],
    [{ 'aws:RequestTag/kubernetes-namespace': 'shop' }, {}, true],
    [{ 'aws:RequestTag/loose': '1' }, {}, false],
    [{ 'aws:RequestTag/team': 'a' }, { tags: { team: 'a' } }, true],
    [{ 'aws:RequestTag/team': 'a' }, { tags: { team: 'b' } }, false],
    [{ 'sts:SourceIdentity': 'alice' }, {}, true],
    [{ 'sts:SourceIdentity': 'bob' }, {}, false],
  ])('%j against %j: %s', (wanted, change, expected) => {
    expect(outcome(conditions(wanted), tagged, request(change))).toBe(expected ? 'ok' : 'sts:AssumeRole');
  });

  test('tag keys may be limited', () => {
    const limited = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['kubernetes-namespace', 'team'] } };
    const target = role(OTHER, trustRole(BASE, { setSourceIdentity: true, conditions: limited }));
    expect(outcome(target, tagged, request({ tags: { team: 'a' } }))).toBe('ok');
    expect(outcome(target, tagged, request({ tags: { role: 'admin' } }))).toBe('sts:AssumeRole');
  });
});

describe('session tags and source identity', () => {
  const untagged = role(OTHER, trustRole(BASE, { tagSession: false }));
  const open = role(OTHER, trustRole(BASE, { setSourceIdentity: true }));
  const inheriting = caller({
    permissions: mayAssume(OTHER),
    tags: { Team: 'a', loose: '1' },
    transitiveTagKeys: ['team'],
    sourceIdentity: 'alice',
  });

  test('tags need sts:TagSession in the trust policy', () => {
    expect(outcome(untagged, permitted, request())).toBe('ok');
    expect(outcome(untagged, permitted, request({ tags: { team: 'a' } }))).toBe('sts:TagSession');
  });

  test('inherited transitive tags need it too', () => {
    const { sourceIdentity, ...tagsAlone } = inheriting;
    expect(sourceIdentity).toBe('alice');
    expect(outcome(untagged, tagsAlone, request())).toBe('sts:TagSession');
    expect(outcome(untagged, { ...tagsAlone, transitiveTagKeys: [] }, request())).toBe('ok');
  });

  test('and in the permissions across accounts', () => {
    const assumeOnly = caller({ permissions: [{ Action: 'sts:AssumeRole', Resource: '*' }] });
    expect(outcome(open, assumeOnly, request())).toBe('ok');
    expect(outcome(open, assumeOnly, request({ tags: { team: 'a' } }))).toBe('sts:TagSession');
  });

  test('a source identity, requested or inherited, needs sts:SetSourceIdentity', () => {
    const closed = role(OTHER, trustRole(BASE));
    expect(outcome(closed, permitted, request({ sourceIdentity: 'alice' }))).toBe('sts:SetSourceIdentity');
    expect(outcome(closed, inheriting, request())).toBe('sts:SetSourceIdentity');
    expect(outcome(open, permitted, request({ sourceIdentity: 'alice' }))).toBe('ok');
  });

  test('what the chain carries on', () => {
    const what = request({ tags: { fixture: 'x', once: 'y' }, transitiveTagKeys: ['fixture'] });
    expect(decideAssumeRole(open, inheriting, what)).toEqual({
      allowed: true,
      carried: {
        tags: { Team: 'a', fixture: 'x', once: 'y' },
        transitiveTagKeys: ['Team', 'fixture'],
        sourceIdentity: 'alice',
      },
    });
  });

  test('an inherited transitive tag can not be set again, in whatever case; another can', () => {
    expect(outcome(open, inheriting, request({ tags: { TEAM: 'b' } }))).toBe('transitive-tag');
    expect(outcome(open, inheriting, request({ tags: { TEAM: 'a' } }))).toBe('transitive-tag');
    expect(outcome(open, inheriting, request({ tags: { loose: '2' } }))).toBe('ok');
  });

  test('an inherited source identity can not be changed', () => {
    expect(outcome(open, inheriting, request({ sourceIdentity: 'alice' }))).toBe('ok');
    expect(outcome(open, inheriting, request({ sourceIdentity: 'bob' }))).toBe('source-identity');
  });

  test('a reason is given for the reader of a test', () => {
    expect(decideAssumeRole(open, caller(), request())).toMatchObject({
      reason: `the permissions of ${BASE} do not allow it`,
    });
    expect(decideAssumeRole(untagged, permitted, request({ tags: { a: 'b' } }))).toMatchObject({
      reason: `the trust policy of ${OTHER} does not allow it`,
    });
  });
});

describe('web identity', () => {
  const issuer = 'oidc.eks.eu-central-1.amazonaws.com/id/A1';
  const identity = { issuer, subject: 'system:serviceaccount:shop:orders', audience: 'sts.amazonaws.com' };
  const irsa = role(OTHER, trustServiceAccount(OTHER, `https://${issuer}`, 'shop', 'orders'));
  const allowed = (fixture: RoleFixture | undefined, who: typeof identity): boolean =>
    decideWebIdentity(fixture, who, 'session').allowed;

  test('the named account of the named provider, no other', () => {
    expect(allowed(irsa, identity)).toBe(true);
    expect(allowed(irsa, { ...identity, subject: 'system:serviceaccount:shop:other' })).toBe(false);
    expect(allowed(irsa, { ...identity, audience: 'other' })).toBe(false);
    expect(allowed(irsa, { ...identity, issuer: `${issuer}2` })).toBe(false);
    expect(allowed(undefined, identity)).toBe(false);
  });

  test('a provider of another account is not its own', () => {
    expect(allowed({ ...irsa, arn: SAME }, identity)).toBe(false);
  });

  test('sts:AssumeRole does not do for it', () => {
    const statements = irsa.trust.Statement.map((statement) => ({ ...statement, Action: 'sts:AssumeRole' }));
    expect(allowed({ ...irsa, trust: { Statement: statements } }, identity)).toBe(false);
  });
});

test('EKS Pod Identity needs sts:TagSession unless session tags are off', () => {
  const [statement] = trustPodIdentity().Statement;
  if (statement === undefined) throw new Error('no statement');
  const plain = role(BASE, { Statement: [{ ...statement, Action: 'sts:AssumeRole' }] });
  const tags = { 'kubernetes-namespace': 'shop' };
  const service = 'pods.eks.amazonaws.com';
  expect(trustsService(role(BASE, trustPodIdentity()), service, tags)).toBe(true);
  expect(trustsService(plain, service, tags)).toBe(false);
  expect(trustsService(plain, service, {})).toBe(true);
  expect(trustsService(role(BASE, trustRole('*')), service, tags)).toBe(false);
  expect(trustsService(undefined, service, tags)).toBe(false);
});
