import type { RoleConfig } from '@rolechain/shared';
import { decide } from '../policy/decide-pod.ts';
import type { Injected } from '../policy/decision.ts';
import { SETTINGS, TARGET, account, call, plainPod } from '../testing/fixtures.ts';
import type { AdmissionContext } from '../policy/decide-service-account.ts';

const BASE = 'arn:aws:iam::111111111111:role/base';
const HUB = 'arn:aws:iam::333333333333:role/hub';
const irsa = { 'eks.amazonaws.com/role-arn': BASE };
const settings = { ...SETTINGS, otherServiceAccounts: true };
const other = (annotations: Record<string, string>): AdmissionContext => ({
  others: new Map([['platform/shared-aws', { namespace: 'platform', name: 'shared-aws', annotations }]]),
  allowedRoles: undefined,
});

function injected(document: object, annotations: Record<string, string> = {}, around?: AdmissionContext): Injected {
  const text = JSON.stringify({ roleARN: TARGET, ...document });
  const decision = decide(plainPod(), account(text, annotations), settings, around);
  if (decision.outcome !== 'injected') throw new Error(JSON.stringify(decision));
  return decision;
}

const roleOf = (...asked: Parameters<typeof injected>): RoleConfig | undefined =>
  injected(...asked).config.roles.default;

const target = {
  roleARN: TARGET,
  sessionName: '{namespace}.{pod}',
  durationSeconds: 3600,
  stsRegion: 'eu-central-1',
};

test('the smallest document leaves out what it does not name', () => {
  expect(roleOf({})).toStrictEqual({
    source: { type: 'auto', stsRegion: 'eu-central-1' },
    startup: 'proceed',
    hops: [target],
  });
});

test('a chain with every field, each hop with its own', () => {
  const via = [
    {
      roleARN: HUB,
      externalIDFrom: { secretKeyRef: { name: 'aws', key: 'id' } },
      sessionName: 'hub',
      duration: '15m',
      stsRegion: 'us-east-1',
      tags: { team: 'shop' },
      transitiveTagKeys: ['team'],
      policy: { Version: '2012-10-17' },
      policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    },
    { roleARN: `${HUB}-2`, externalID: 'plain' },
  ];
  const document = { via, region: 'us-west-2', sourceIdentity: 'me', tags: { cost: '1' }, startup: 'require' };
  expect(roleOf(document)).toStrictEqual({
    source: { type: 'auto', stsRegion: 'us-west-2' },
    startup: 'require',
    hops: [
      {
        roleARN: HUB,
        externalIDFrom: { name: 'aws', key: 'id' },
        sessionName: 'hub',
        durationSeconds: 900,
        stsRegion: 'us-east-1',
        tags: { team: 'shop' },
        transitiveTagKeys: ['team'],
        policy: '{"Version":"2012-10-17"}',
        policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
        sourceIdentity: 'me',
      },
      { ...target, roleARN: `${HUB}-2`, externalID: 'plain', stsRegion: 'us-west-2' },
      { ...target, stsRegion: 'us-west-2', tags: { cost: '1' } },
    ],
  });
});

test("the role's stsRegion is that of its hops and of its base identity", () => {
  const role = roleOf({ via: [{ roleARN: HUB }], region: 'us-west-2', stsRegion: 'us-east-1' }, irsa);
  expect(role?.hops.map(({ stsRegion }) => stsRegion)).toEqual(['us-east-1', 'us-east-1']);
  expect(role?.source).toEqual({ type: 'auto', roleARN: BASE, stsRegion: 'us-east-1' });
});

test.each([
  [
    'irsa',
    { credentialSource: 'irsa' },
    { type: 'irsa', roleARN: BASE, stsRegion: 'eu-central-1', token: { type: 'projected' } },
    undefined,
  ],
  ['only has no source', { webIdentity: 'only' }, undefined, { mode: 'only', token: { type: 'projected' } }],
  [
    'prefer has both',
    { webIdentity: 'prefer', via: [{ roleARN: HUB }] },
    { type: 'auto', roleARN: BASE, stsRegion: 'eu-central-1' },
    { mode: 'prefer', token: { type: 'projected' } },
  ],
])('%s', (_name, document, source, webIdentity) => {
  const role = roleOf(document, irsa);
  expect([role?.source, role?.webIdentity]).toEqual([source, webIdentity]);
});

describe('the token of a web identity', () => {
  const audience = { 'eks.amazonaws.com/audience': 'mine' };
  test.each([
    [{ webIdentity: 'only' }, {}, 'sts.amazonaws.com'],
    [{ webIdentity: 'only' }, audience, 'mine'],
    [{ webIdentity: 'prefer' }, {}, 'sts.amazonaws.com'],
    [{}, irsa, 'sts.amazonaws.com'],
    [{}, { ...irsa, ...audience }, 'mine'],
    [{}, {}, undefined],
  ])('%j with %j', (document, annotations, expected) => {
    expect(injected(document, annotations).baseIdentity.irsaAudience).toBe(expected);
  });

  test('only needs no Pod Identity token', () => {
    expect(injected({ webIdentity: 'only' }).baseIdentity.podIdentity).toBe(false);
  });
});

describe('serviceAccount', () => {
  const named = { serviceAccount: { name: 'shared-aws', namespace: 'platform' } };

  test("takes that account's role and audience, and a token by request", () => {
    const decision = injected(named, {}, other({ ...irsa, 'eks.amazonaws.com/audience': 'theirs' }));
    const token = { type: 'token-request', namespace: 'platform', name: 'shared-aws', audience: 'theirs' };
    expect(decision.config.roles.default?.source).toEqual({
      ...{ type: 'irsa', roleARN: BASE, stsRegion: 'eu-central-1' },
      token,
    });
    expect(decision.baseIdentity).toMatchObject({ apiAccess: true, irsaAudience: undefined, podIdentity: false });
  });

  test('with webIdentity: only needs no role of that account', () => {
    const role = roleOf({ ...named, webIdentity: 'only' }, {}, other({}));
    expect(role?.source).toBeUndefined();
    expect(role?.webIdentity?.token).toMatchObject({ type: 'token-request', audience: 'sts.amazonaws.com' });
  });

  test.each([
    ['an account without a role', other({}), settings, 'AnnotationInvalid', /has no base role; annotate that account/],
    [
      'a role that is none',
      other({ 'eks.amazonaws.com/role-arn': 'x' }),
      settings,
      'AnnotationInvalid',
      /is not an IAM role ARN.*; correct it there/,
    ],
    ['no such account', undefined, settings, 'AnnotationInvalid', /platform\/shared-aws, which does not exist/],
    ['without the setting', other(irsa), SETTINGS, 'ServiceAccountForbidden', /otherServiceAccounts/],
  ])('%s is refused', (_name, around, which, reason, message) => {
    const decision = decide(plainPod(), account(JSON.stringify({ roleARN: TARGET, ...named })), which, around);
    expect(decision).toMatchObject({ outcome: 'refused', reason, message: expect.stringMatching(message) });
  });
});

test('volumes: each key of a Secret once, optional; the token of the API with its CA', () => {
  const externalIDFrom = { secretKeyRef: { name: 'aws.shop', key: 'id' } };
  const document = {
    roleARN: TARGET,
    externalIDFrom,
    via: [{ roleARN: HUB, externalIDFrom }],
    serviceAccount: { name: 'shared-aws', namespace: 'platform' },
  };
  const { pod } = call(
    plainPod({ automountServiceAccountToken: false }),
    account(JSON.stringify(document)),
    settings,
    () => 0.5,
    other(irsa),
  );
  expect((pod.spec as { volumes: unknown[] }).volumes.slice(1)).toStrictEqual([
    {
      name: 'rolechain-external-ids',
      projected: {
        defaultMode: 420,
        sources: [{ secret: { name: 'aws.shop', items: [{ key: 'id', path: 'aws.shop/id' }], optional: true } }],
      },
    },
    {
      name: 'rolechain-api-access',
      projected: {
        defaultMode: 420,
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        ],
      },
    },
  ]);
});

test('what makes a configuration over its limit is refused at once: the kubelet would not start the sidecar', () => {
  const policy = JSON.stringify({ Sid: '$'.repeat(2000) });
  const many = (count: number): string => {
    const roles = Array.from({ length: count }, (_, i) => [`r${i}`, { roleARN: TARGET, policy }]);
    return JSON.stringify({ roles: Object.fromEntries(roles) });
  };
  const reason = (count: number): string => decide(plainPod(), account(many(count)), SETTINGS).reason;
  expect([reason(7), reason(8)]).toEqual(['NoContainerSelected', 'AnnotationInvalid']);
  const decision = decide(plainPod(), account(many(8)), SETTINGS);
  expect(decision.outcome === 'refused' && decision.message).toMatch(
    /configuration of \d+ bytes .* its limit is 94208/,
  );
});

test.each([
  ['another path', 'rolechain-external-ids', { secret: { name: 's', items: [{ key: 'k', path: '../k' }] } }],
  ['a whole Secret', 'rolechain-external-ids', { secret: { name: 's' } }],
  ['a token', 'rolechain-external-ids', { serviceAccountToken: { path: 'token' } }],
  ['another ConfigMap', 'rolechain-api-access', { configMap: { name: 'mine' } }],
  ['another audience', 'rolechain-api-access', { serviceAccountToken: { path: 'token', audience: 'x' } }],
])('a volume of our name with %s is not ours', (_name, name, source) => {
  const { decision } = call(plainPod({ volumes: [{ name, projected: { sources: [source] } }] }));
  expect(decision).toMatchObject({ outcome: 'refused', reason: 'NameTaken' });
});

test.each([
  ['proceed', undefined, 'proceed'],
  ['require', undefined, 'require'],
  ['require', 'proceed', 'proceed'],
  ['proceed', 'require', 'require'],
] as const)(
  'startup: the setting %s, the annotation %s: %s, for every role of its own',
  (startup, written, expected) => {
    const text = JSON.stringify({
      roleARN: TARGET,
      ...(written ? { startup: written } : {}),
      roles: { audit: { roleARN: TARGET } },
    });
    const pod = plainPod({}, { 'rolechain.io/container-roles': '*=default+audit' });
    const decision = decide(pod, account(text), { ...SETTINGS, startup });
    if (decision.outcome !== 'injected') throw new Error(JSON.stringify(decision));
    const { default: role, audit } = decision.config.roles;
    expect([role?.startup, audit?.startup]).toEqual([expected, startup]);
  },
);

test('what the setting requires conflicts with a mesh without a network as the annotation does', () => {
  const pod = plainPod({ initContainers: [{ name: 'istio-validation', image: 'i' }] });
  const settingsOf = (startup: 'proceed' | 'require') => ({
    ...SETTINGS,
    startup,
    meshContainers: ['istio-validation'],
  });
  expect(decide(pod, account(), settingsOf('require')).reason).toBe('MeshWithoutNetwork');
  expect(decide(pod, account(), settingsOf('proceed')).reason).toBe('Injected');
});
