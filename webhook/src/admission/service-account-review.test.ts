import fc from 'fast-check';
import { CodedError } from '@rolechain/shared';
import {
  decideWritten,
  evaluateServiceAccount,
  readAnnotationReview,
  respondWritten,
} from './service-account-review.ts';
import { decide } from '../policy/decide-pod.ts';
import { SETTINGS, TARGET, account, plainPod } from '../testing/fixtures.ts';
import type { AdmissionContext } from '../policy/decide-service-account.ts';

const KEY = 'rolechain.io/assume-role';
const ROLE_ARN = 'eks.amazonaws.com/role-arn';
const context: AdmissionContext = { others: new Map(), allowedRoles: undefined };

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

describe('readAnnotationReview', () => {
  test('keeps the annotations that are read', () => {
    expect(readAnnotationReview(accountReview({ [KEY]: TARGET, [ROLE_ARN]: 'x', other: 'y' }))).toEqual({
      uid: 'u',
      dryRun: false,
      written: { kind: 'ServiceAccount', name: 'shop/orders', changed: { [KEY]: TARGET } },
      account: { namespace: 'shop', name: 'orders', annotations: { [KEY]: TARGET, [ROLE_ARN]: 'x' } },
      isNew: false,
    });
  });

  test.each([
    ['a deletion', { operation: 'DELETE', object: null }],
    ['a pod', { kind: { group: '', version: 'v1', kind: 'Pod' } }],
    ['a token', { subResource: 'token' }],
  ])('%s has no account', (_name, request) => {
    expect(readAnnotationReview(accountReview({}, request)).account).toBeUndefined();
  });

  test.each([
    ['a namespace that leads elsewhere', { namespace: '..' }],
    ['a name that does', { object: { metadata: { name: '..' } } }],
    ['a prefix that does', { object: { metadata: { generateName: '../' } } }],
    ['a name that is too long', { object: { metadata: { name: 'a'.repeat(254) } } }],
  ])('%s is refused', (_name, request) => {
    expect(() => readAnnotationReview(accountReview({}, request))).toThrow(
      expect.objectContaining({ code: 'ReviewMalformed' }) as Error,
    );
  });

  test('a name that is still to be generated goes by its prefix', () => {
    const object = { metadata: { generateName: 'orders-', annotations: { [KEY]: TARGET } } };
    expect(readAnnotationReview(accountReview({}, { object })).account?.name).toBe('orders-');
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
          expect(readAnnotationReview(body).uid).toBe('u');
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
    const judged = evaluateServiceAccount(who, SETTINGS, context);
    const pod = decide(plainPod(), who, SETTINGS, context);
    expect(pod.outcome === 'refused' && pod.message).toBe(judged?.outcome === 'refused' && judged.message);
    const review = readAnnotationReview(accountReview({ [KEY]: text }));
    const { response } = respondWritten(review, decideWritten(review.written, judged));
    expect(response).toMatchObject({ uid: 'u', allowed: false, status: { code: 422, reason: 'Invalid' } });
    expect(pod.outcome === 'refused' && pod.message).toBe(response.status?.message);
  }
});

test.each([
  ['nothing', { roleARN: TARGET }, {}, []],
  ['a short duration', { roleARN: TARGET, duration: '15m' }, {}, [/duration: 900 s is short/]],
  [
    'an ExternalId in plain text',
    { roleARN: TARGET, externalID: 'hush-1' },
    {},
    [/^externalID is stored in plain text/],
  ],
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
    [/^roles\.audit\.via\.0\.externalID is stored in plain text/, /^roles\.audit\.tags sets Team again/],
  ],
])('warnings: %s', (_name, document, annotations, expected) => {
  const judged = evaluateServiceAccount(account(JSON.stringify(document), annotations), SETTINGS, context);
  expect(judged?.outcome).toBe('accepted');
  expect(judged?.warnings).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  expect(judged?.warnings.join()).not.toContain('hush');
});

test('an account that asks for nothing is allowed without a word', () => {
  const review = readAnnotationReview(accountReview(undefined));
  const judged = review.account && evaluateServiceAccount(review.account, SETTINGS, context);
  expect(respondWritten(review, decideWritten(review.written, judged)).response).toEqual({
    uid: 'u',
    allowed: true,
    auditAnnotations: { reason: 'NotAnnotated' },
  });
});

describe('what is written', () => {
  const ROLES = 'rolechain.io/allowed-roles';
  const write = (annotations: object, before: object | undefined, kind = 'ServiceAccount') => {
    const object = { metadata: { name: kind === 'Namespace' ? 'shop' : 'orders', annotations } };
    const oldObject = before && { metadata: { name: object.metadata.name, annotations: before } };
    const request = { kind: { group: '', version: 'v1', kind }, object, oldObject };
    const review = readAnnotationReview(accountReview({}, request));
    const judged = review.account && evaluateServiceAccount(review.account, SETTINGS, context);
    const {
      allowed,
      status,
      warnings = [],
      auditAnnotations,
    } = respondWritten(review, decideWritten(review.written, judged)).response;
    return { allowed, reason: auditAnnotations.reason, said: status?.message ?? warnings.join('\n') };
  };

  test.each([
    ['ServiceAccount', 'shop/orders', 'rolechain.io/asume-role', 'did you mean rolechain.io/assume-role?'],
    ['ServiceAccount', 'shop/orders', 'rolechain.io/Assume-Role', 'did you mean rolechain.io/assume-role?'],
    ['ServiceAccount', 'shop/orders', 'rolechain.io/colour', 'this version knows rolechain.io/assume-role'],
    ['Namespace', 'shop', 'rolechain.io/alowed-roles', 'did you mean rolechain.io/allowed-roles?'],
    ['Namespace', 'shop', 'rolechain.io/asume-role', 'did you mean rolechain.io/assume-role?'],
  ])('a %s %s with %s is refused', (kind, name, key, fix) => {
    expect(write({ [key]: TARGET }, undefined, kind)).toEqual({
      allowed: false,
      reason: 'AnnotationUnknown',
      said: `rolechain: ${kind} ${name}: An annotation of the prefix rolechain.io/ is not known to this version: ${key} is not an annotation of this version; ${fix} (FieldUnknown). Correct its name, or remove it. [AnnotationUnknown]`,
    });
    // Changed, it is refused too; as it is stored, it stops no other change, nor its own removal.
    expect(write({ [key]: TARGET }, { [key]: 'x' }, kind).allowed).toBe(false);
    expect(write({ [key]: TARGET, other: 'x' }, { [key]: TARGET }, kind)).toMatchObject({ allowed: true, said: '' });
    expect(write({}, { [key]: TARGET }, kind)).toMatchObject({ allowed: true, reason: 'NotAnnotated', said: '' });
  });

  test('a key of another kind of objects draws a warning', () => {
    const key = 'rolechain.io/container-roles';
    expect(write({ [key]: 'app=audit' }, {})).toMatchObject({
      ...{ allowed: true, reason: 'Accepted' },
      said: `${key} belongs on the Pod, and has no effect on the ServiceAccount; move it there (FieldUnknown)`,
    });
    const skip = 'rolechain.io/skip-containers';
    expect(write({ [skip]: 'x' }, {}, 'Namespace').said).toContain(`${skip} belongs on the Pod`);
  });

  test('an annotation that is stored is not judged again for another one', () => {
    const stored = { [KEY]: 'nonsense' };
    expect(write({ ...stored, 'rolechain.io/inject': 'false' }, stored)).toMatchObject({ allowed: true });
    expect(write(stored, {})).toMatchObject({ allowed: false, reason: 'AnnotationInvalid' });
  });

  test('all that is wrong is told at once', () => {
    const { reason, said } = write({ [KEY]: 'nonsense', 'rolechain.io/asume-role': 'x' }, {});
    expect(reason).toBe('AnnotationInvalid');
    expect(said).toMatch(/is "nonsense".*\[AnnotationInvalid\] Also: .*asume-role.*\[AnnotationUnknown\]$/);
    const both = write({ [ROLES]: 'role/*', 'rolechain.io/sidecar-cpu-limit': 'much' }, {}, 'Namespace');
    expect(both.said).toMatch(/"role\/\*".*\[AllowedRolesInvalid\] Also: .*"much".*\[SidecarResourcesInvalid\]$/);
  });

  test('a pattern that matches no role is refused, where it is new', () => {
    const good = 'arn:aws:iam::222222222222:role/*';
    expect(write({ [ROLES]: `${good} role/*` }, { [ROLES]: good }, 'Namespace')).toMatchObject({
      reason: 'AllowedRolesInvalid',
      said: expect.stringContaining(
        'rolechain.io/allowed-roles has the pattern "role/*", which has 1 of the 6 parts that colons separate;',
      ),
    });
    expect(write({ [ROLES]: good }, {}, 'Namespace')).toEqual({ allowed: true, reason: 'Accepted', said: '' });
    expect(write({ [ROLES]: '' }, {}, 'Namespace').allowed).toBe(true);
    const stored = { [ROLES]: 'role/*' };
    expect(write({ ...stored, 'rolechain.io/sidecar-cpu-limit': '1' }, stored, 'Namespace').allowed).toBe(true);
  });

  test('Flux’s annotation counts as ours does', () => {
    const flux = { 'aws.auth.fluxcd.io/assume-role': 'no document' };
    const review = readAnnotationReview(accountReview(flux));
    expect(review).toMatchObject({ written: { changed: {} }, account: { name: 'orders' } });
  });
});
