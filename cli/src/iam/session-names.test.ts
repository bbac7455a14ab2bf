import fc from 'fast-check';
import { sessionName } from '@rolechain/shared';
import { runs } from '@rolechain/kit/runs.ts';
import { askedOf, askedOfRecords } from './asked-sessions.ts';
import { makesName, mayMakeName, readName } from './read-session-name.ts';

const label = (max: number) => fc.stringMatching(new RegExp(`^[a-z0-9]([-a-z0-9]{0,${max - 2}}[a-z0-9])?$`));
const values = fc.record({ namespace: label(63), serviceAccount: label(40), pod: label(63), cluster: label(20) });

describe('names that a template makes', () => {
  test('are not taken for those of another pod', () => {
    fc.assert(
      fc.property(values, label(63), (all, pod) => {
        fc.pre(pod !== all.pod);
        expect(makesName(sessionName('{namespace}.{pod}', all), '{namespace}.{pod}', { ...all, pod })).toBe(false);
      }),
      { numRuns: runs(500) },
    );
  });

  test('are not taken for those of a pod whose name begins alike, where both were cut', () => {
    const of = (pod: string) => ({ namespace: 'shop', serviceAccount: 'orders', cluster: 'prod', pod });
    const [one, other] = [of(`${'x'.repeat(60)}a`), of(`${'x'.repeat(60)}b`)];
    const session = sessionName('{namespace}.{pod}', one);
    expect(makesName(session, '{namespace}.{pod}', one)).toBe(true);
    expect(makesName(session, '{namespace}.{pod}', other)).toBe(false);
  });

  test('are possible once the pod is gone', () => {
    fc.assert(
      fc.property(values, ({ namespace, serviceAccount, ...gone }) => {
        const known = { namespace, serviceAccount };
        for (const text of ['{namespace}.{pod}', '{serviceAccount}@{cluster}.{pod}', 'a-{namespace}-{pod}-z'])
          expect(mayMakeName(sessionName(text, { ...known, ...gone }), text, known)).toBe(true);
      }),
      { numRuns: runs(500) },
    );
  });

  test('are not possible of another namespace', () => {
    const known = { namespace: 'shop', serviceAccount: 'orders' };
    for (const session of ['web.orders-1', 'shop.', 'shopx.orders', 'x'])
      expect(mayMakeName(session, '{namespace}.{pod}', known)).toBe(false);
    expect(mayMakeName('fixed', 'fixed', known)).toBe(true);
    expect(mayMakeName('other', 'fixed', known)).toBe(false);
    // Cut: what is left of it decides.
    const long = sessionName('{namespace}.{pod}', { namespace: 'web', pod: 'a'.repeat(63) });
    expect(mayMakeName(long, '{namespace}.{pod}', known)).toBe(false);
    expect(mayMakeName(long, '{namespace}.{pod}', { ...known, namespace: 'web' })).toBe(true);
  });
});

test.each([
  ['shop.orders-5f6d8c9b7d-x2x7k', { form: 'default', namespace: 'shop', pod: 'orders-5f6d8c9b7d-x2x7k' }],
  [
    sessionName('{namespace}.{pod}', { namespace: 'shop', pod: 'a'.repeat(63) }),
    { form: 'hashed', namespace: 'shop', pod: 'a'.repeat(48) },
  ],
  ['eks-prod-orders-5f6d8c-0b5d1a1e-1111-4222-8333-0123456789ab', { form: 'pod-identity', namespace: null, pod: null }],
  ['alice@example.com', { form: 'other', namespace: null, pod: null }],
  ['i-0123456789abcdef0', { form: 'other', namespace: null, pod: null }],
])('%s says alone what it says', (session, expected) => {
  expect(readName(session)).toEqual(expected);
});

const ORDERS = { account: '222222222222', name: 'orders' };

test('an assumed-role ARN has account and name of the role; a role session name alone has none', () => {
  expect(askedOf('arn:aws-cn:sts::222222222222:assumed-role/orders/shop.a')).toEqual({
    session: 'shop.a',
    role: { ...ORDERS, arn: null },
    event: null,
  });
  expect(askedOf('shop.a')).toEqual({ session: 'shop.a', role: undefined, event: null });
  for (const text of ['', 'a b', 'arn:aws:iam::222222222222:role/orders', 'x'.repeat(65), '../x'])
    expect(() => askedOf(text)).toThrow('neither an assumed-role ARN nor a session name');
});

/** Shortened from the IAM User Guide (cloudtrail-integration, id_session-tags). */
const ASSUME = {
  eventName: 'AssumeRole',
  eventTime: '2026-11-27T17:00:00Z',
  userIdentity: { type: 'AssumedRole', arn: 'arn:aws:sts::111111111111:assumed-role/base/eks-prod-x' },
  requestParameters: {
    roleArn: 'arn:aws:iam::222222222222:role/teams/orders',
    roleSessionName: 'shop.orders-1',
    incomingTransitiveTags: { 'kubernetes-namespace': 'shop' },
    tags: [{ key: 'team', value: 'shop' }],
    sourceIdentity: 'orders',
  },
  responseElements: { assumedRoleUser: { arn: 'arn:aws:sts::222222222222:assumed-role/orders/shop.orders-1' } },
};
const USE = {
  eventName: 'DeleteObject',
  eventTime: '2026-11-27T17:01:00Z',
  userIdentity: {
    type: 'AssumedRole',
    arn: 'arn:aws:sts::222222222222:assumed-role/orders/shop.orders-1',
    accessKeyId: 'ASIAEXAMPLE',
    sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::222222222222:role/teams/orders' }, sourceIdentity: 'orders' },
  },
};
const made = { session: 'shop.orders-1', role: { ...ORDERS, arn: 'arn:aws:iam::222222222222:role/teams/orders' } };

test.each([
  ['one record', JSON.stringify(ASSUME, null, 2)],
  ['a file of S3', JSON.stringify({ Records: [USE, ASSUME, USE] })],
  [
    'lookup-events',
    JSON.stringify({ Events: [USE, ASSUME].map((record) => ({ CloudTrailEvent: JSON.stringify(record) })) }),
  ],
  ['one a line', `${JSON.stringify(ASSUME)}\n${JSON.stringify(USE)}\n`],
])('%s: each session once, by the record that has its tags', (_name, text) => {
  expect(askedOfRecords('trail', text)).toEqual([
    {
      ...made,
      event: {
        name: 'AssumeRole',
        time: '2026-11-27T17:00:00Z',
        sourceIdentity: 'orders',
        tags: { 'kubernetes-namespace': 'shop', team: 'shop' },
      },
    },
  ]);
});

test('a call that was refused has no session, and is named by what it asked for', () => {
  const { responseElements: _, ...refused } = ASSUME;
  expect(askedOfRecords('trail', JSON.stringify({ ...refused, errorCode: 'AccessDenied' }))).toMatchObject([made]);
});

test('what is no record of an assumed role is said, and none of it is repeated', () => {
  const root = { userIdentity: { type: 'Root', arn: 'arn:aws:iam::111111111111:root' } };
  for (const text of [
    '{}',
    '[]',
    '7',
    JSON.stringify(root),
    JSON.stringify({ userIdentity: { type: 'AssumedRole', arn: 7 } }),
  ])
    expect(() => askedOfRecords('trail', text)).toThrow('trail has no CloudTrail record of an assumed role.');
  expect(() => askedOfRecords('trail', 'not-json-but-secret')).toThrow(/trail is not JSON\.$/);
});
