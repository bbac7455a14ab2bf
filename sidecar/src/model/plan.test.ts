import type { RoleConfig, SidecarConfig, SourceConfig } from '@rolechain/shared';
import { describePlan, plan, type PodFacts } from './plan.ts';

const POD: PodFacts = { podName: 'orders-7d4b9c-x2x9p', podIdentityLabel: '' };
const OWN = { type: 'projected' } as const;
const BASE_ROLE = 'arn:aws:iam::111111111111:role/base';

function config(role: Partial<RoleConfig> = {}): SidecarConfig {
  return {
    version: 1,
    namespace: 'shop',
    serviceAccount: 'orders',
    cluster: 'blue',
    ports: { credentials: 28173, health: 28174 },
    agentEndpoints: ['http://169.254.170.23/v1/credentials'],
    roles: { default: { source: { type: 'pod-identity' }, startup: 'proceed', hops: [hop('222222222222')], ...role } },
  };
}

function hop(account: string, more: object = {}): RoleConfig['hops'][number] {
  return {
    roleARN: `arn:aws:iam::${account}:role/orders`,
    sessionName: '{namespace}.{pod}',
    durationSeconds: 3600,
    stsRegion: 'eu-central-1',
    ...more,
  };
}

test('session names are resolved, hops kept in order, the account is that of the target', () => {
  const hops = [
    hop('222222222222', { externalID: 'ours' }),
    hop('333333333333', { sessionName: '{cluster}={serviceAccount}' }),
  ];
  const [role] = plan(config({ hops, startup: 'require' }), POD);
  expect(role).toEqual({
    name: 'default',
    startup: 'require',
    source: { type: 'pod-identity' },
    hops: [
      { ...hops[0], sessionName: 'shop.orders-7d4b9c-x2x9p' },
      { ...hops[1], sessionName: 'blue=orders' },
    ],
    accountID: '333333333333',
  });
});

test('without a cluster its placeholder is empty', () => {
  const { cluster: _none, ...rest } = config({ hops: [hop('222222222222', { sessionName: 'x-{cluster}' })] });
  expect(plan(rest, POD)[0]?.hops[0]?.sessionName).toBe('x-');
});

test('a target whose ARN shows no account has none in its answers', () => {
  const odd = { ...hop('222222222222'), roleARN: 'something' };
  expect(plan(config({ hops: [odd] }), POD)[0]).not.toHaveProperty('accountID');
});

test.each<[string, SourceConfig, string, object]>([
  ['pod-identity', { type: 'pod-identity' }, 'enabled', { type: 'pod-identity' }],
  ['environment', { type: 'environment' }, '', { type: 'environment' }],
  [
    'irsa',
    { type: 'irsa', roleARN: BASE_ROLE, stsRegion: 'eu-west-1', token: OWN },
    'enabled',
    { type: 'irsa', roleARN: BASE_ROLE, stsRegion: 'eu-west-1', sessionName: 'shop.orders-7d4b9c-x2x9p', token: OWN },
  ],
  ['auto without a role ARN', { type: 'auto', stsRegion: 'eu-west-1' }, 'enabled', { type: 'pod-identity' }],
  ['auto without a role ARN or a sign', { type: 'auto', stsRegion: 'eu-west-1' }, '', { type: 'pod-identity' }],
  [
    'auto with a role ARN and no sign',
    { type: 'auto', roleARN: BASE_ROLE, stsRegion: 'eu-west-1' },
    '',
    { type: 'irsa', roleARN: BASE_ROLE, stsRegion: 'eu-west-1', sessionName: 'shop.orders-7d4b9c-x2x9p', token: OWN },
  ],
  [
    'auto with both',
    { type: 'auto', roleARN: BASE_ROLE, stsRegion: 'eu-west-1' },
    'enabled',
    {
      type: 'agent-first',
      roleARN: BASE_ROLE,
      stsRegion: 'eu-west-1',
      sessionName: 'shop.orders-7d4b9c-x2x9p',
      token: OWN,
    },
  ],
  [
    'auto with a label of another value',
    { type: 'auto', roleARN: BASE_ROLE, stsRegion: 'eu-west-1' },
    'disabled',
    { type: 'irsa', roleARN: BASE_ROLE, stsRegion: 'eu-west-1', sessionName: 'shop.orders-7d4b9c-x2x9p', token: OWN },
  ],
])('source: %s', (_name, source, podIdentityLabel, expected) => {
  expect(plan(config({ source }), { ...POD, podIdentityLabel })[0]?.source).toEqual(expected);
});

test('every field of a hop goes into the plan, and what is undefined does not', () => {
  const whole = hop('222222222222', {
    externalIDFrom: { name: 'aws', key: 'external-id' },
    tags: { team: 'shop' },
    transitiveTagKeys: ['team'],
    policy: '{}',
    policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    sourceIdentity: 'orders',
  });
  const [role] = plan(
    config({ hops: [whole, { ...hop('333333333333'), externalID: undefined, tags: undefined }] }),
    POD,
  );
  expect(role?.hops[0]).toEqual({ ...whole, sessionName: 'shop.orders-7d4b9c-x2x9p' });
  expect(Object.keys(role?.hops[1] ?? {}).sort()).toEqual(['durationSeconds', 'roleARN', 'sessionName', 'stsRegion']);
});

test('web identity alone has no source; the token that the webhook chose is not in the plan, which is logged', () => {
  const webIdentity = { mode: 'only', token: OWN } as const;
  const [role] = plan(config({ source: undefined, webIdentity, token: 't'.repeat(43) }), POD);
  expect(role).toMatchObject({ webIdentity });
  expect(role).not.toHaveProperty('source');
  expect(JSON.stringify(role)).not.toContain('ttt');
});

test('for the log, of an external ID only that there is one', () => {
  const [role] = plan(config({ hops: [hop('222222222222', { externalID: 'our-secret' }), hop('333333333333')] }), POD);
  const shown = JSON.stringify(role && describePlan(role));
  expect(shown).not.toContain('our-secret');
  expect(JSON.parse(shown)).toMatchObject({ hops: [{ externalID: true }, { externalID: false }] });
});
