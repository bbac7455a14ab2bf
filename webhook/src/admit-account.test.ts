import fc from 'fast-check';
import { CodedError } from '@rolechain/shared';
import { judgeAccount, readAccountReview, respondAccount } from './admit-account.ts';
import { decide, type Surroundings } from './decide.ts';
import { SETTINGS, TARGET, account, plainPod } from './testing.ts';

const KEY = 'rolechain.io/assume-role';
const ROLE_ARN = 'eks.amazonaws.com/role-arn';
const around: Surroundings = { others: new Map(), allowedRoles: undefined };

const accountReview = (annotations: unknown, request: object = {}): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      kind: { group: '', version: 'v1', kind: 'ServiceAccount' },
      operation: 'UPDATE',
      namespace: 'shop',
      object: { metadata: { name: 'orders', annotations } },
      ...request,
    },
  });

describe('readAccountReview', () => {
  test('keeps the annotations that are read', () => {
    expect(readAccountReview(accountReview({ [KEY]: TARGET, [ROLE_ARN]: 'x', other: 'y' }))).toEqual({
      uid: 'u',
      dryRun: false,
      account: { namespace: 'shop', name: 'orders', annotations: { [KEY]: TARGET, [ROLE_ARN]: 'x' } },
    });
  });

  test.each([
    ['a deletion', { operation: 'DELETE', object: null }],
    ['a pod', { kind: { group: '', version: 'v1', kind: 'Pod' } }],
    ['a token', { subResource: 'token' }],
  ])('%s has no account', (_name, request) => {
    expect(readAccountReview(accountReview({}, request)).account).toBeUndefined();
  });

  test.each([
    ['a namespace that leads elsewhere', { namespace: '..' }],
    ['a name that does', { object: { metadata: { name: '..' } } }],
    ['a prefix that does', { object: { metadata: { generateName: '../' } } }],
    ['a name that is too long', { object: { metadata: { name: 'a'.repeat(254) } } }],
  ])('%s is refused', (_name, request) => {
    expect(() => readAccountReview(accountReview({}, request))).toThrow(
      expect.objectContaining({ code: 'ReviewMalformed' }) as Error,
    );
  });

  test('a name that is still to be generated goes by its prefix', () => {
    const object = { metadata: { generateName: 'orders-' } };
    expect(readAccountReview(accountReview({}, { object })).account?.name).toBe('orders-');
  });

  test('any text gives a review or a coded error', () => {
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((annotations) => accountReview(annotations)),
      fc.jsonValue().map((object) => accountReview({}, { object })),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        try {
          expect(readAccountReview(body).uid).toBe('u');
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
    );
  });
});

test('a refusal has the text that a pod of the account gets', () => {
  for (const text of ['nonsense', '{roleARN: x, tag: {}}', `{roleARN: "${TARGET}", credentialSource: environment}`]) {
    const who = account(text);
    const judged = judgeAccount(who, SETTINGS, around);
    const pod = decide(plainPod(), who, SETTINGS, around);
    expect(pod.outcome === 'refused' && pod.message).toBe(judged?.outcome === 'refused' && judged.message);
    const { response } = respondAccount(readAccountReview(accountReview({ [KEY]: text })), judged);
    expect(response).toMatchObject({ uid: 'u', allowed: false, status: { code: 422, reason: 'Invalid' } });
    expect(pod.outcome === 'refused' && pod.message).toBe(response.status?.message);
  }
});

test.each([
  ['nothing', { roleARN: TARGET }, {}, []],
  ['a short duration', { roleARN: TARGET, duration: '15m' }, {}, [/duration: 900 s is short/]],
  ['an ExternalId in clear', { roleARN: TARGET, externalID: 'hush-1' }, {}, [/^externalID stands in clear/]],
  ['prefer without a base role', { roleARN: TARGET, webIdentity: 'prefer' }, {}, [/^webIdentity: prefer falls back/]],
  ['prefer with one', { roleARN: TARGET, webIdentity: 'prefer' }, { [ROLE_ARN]: TARGET }, []],
  [
    'a tag twice along the chain, of a further role',
    {
      roles: {
        audit: {
          roleARN: TARGET,
          tags: { Team: 'b' },
          via: [{ roleARN: `${TARGET}-hub`, tags: { team: 'a' }, externalID: 'hush-1' }],
        },
      },
    },
    {},
    [/^roles\.audit\.via\.0\.externalID stands in clear/, /^roles\.audit\.tags sets Team again/],
  ],
])('warnings: %s', (_name, document, annotations, expected) => {
  const judged = judgeAccount(account(JSON.stringify(document), annotations), SETTINGS, around);
  expect(judged?.outcome).toBe('accepted');
  expect(judged?.warnings).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  expect(judged?.warnings.join()).not.toContain('hush');
});

test('an account that asks for nothing is allowed without a word', () => {
  const review = readAccountReview(accountReview(undefined));
  const judged = review.account && judgeAccount(review.account, SETTINGS, around);
  expect(respondAccount(review, judged).response).toEqual({
    uid: 'u',
    allowed: true,
    auditAnnotations: { reason: 'NotAnnotated' },
  });
});
