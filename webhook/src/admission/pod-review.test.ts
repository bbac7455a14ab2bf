import fc from 'fast-check';
import { CodedError, LIMITS } from '@rolechain/shared';
import { readReview, respond, type Review } from './pod-review.ts';
import { decide } from '../policy/decide-pod.ts';
import { SETTINGS, TARGET, account, randomSource, plainPod } from '../testing/fixtures.ts';

const review = (fields: object = {}, request: object = {}): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace: 'shop',
      object: plainPod(),
      ...request,
    },
    ...fields,
  });
const codeOf = (body: string): string => {
  try {
    readReview(body);
    return 'none';
  } catch (error) {
    return error instanceof CodedError ? `${error.code}: ${error.message}` : 'not coded';
  }
};
const read = (body = review()): Review => readReview(body);
const answer = (pod: unknown, annotation?: string) =>
  respond({ ...read(), pod }, decide(pod, account(annotation), SETTINGS), randomSource()).response;

describe('readReview', () => {
  test('reads what it needs', () => {
    expect(read()).toEqual({ uid: 'u', namespace: 'shop', dryRun: false, user: '', pod: plainPod() });
    const userInfo = { username: 'ann', groups: ['a'] };
    expect(read(review({}, { userInfo })).user).toBe('ann');
    expect(read(review({}, { dryRun: true })).dryRun).toBe(true);
  });

  test.each([
    ['no JSON', '{', 'is not JSON'],
    ['a list', '[]', 'is not a JSON object'],
    ['another kind', review({ kind: 'Pod' }), 'kind is not'],
    ['another version', review({ apiVersion: 'admission.k8s.io/v1beta1' }), 'apiVersion is not'],
    ['no request', review({ request: null }), 'request is missing'],
    ['no uid', review({}, { uid: '' }), 'uid'],
    ['no object', review({}, { object: null }), 'request.object'],
    ['no namespace', review({}, { namespace: 7 }), 'namespace'],
    ['a namespace that leads elsewhere', review({}, { namespace: '..' }), 'request.namespace'],
    ['one with a path in it', review({}, { namespace: 'a/b' }), 'request.namespace'],
    ['one that is too long', review({}, { namespace: 'a'.repeat(64) }), 'request.namespace'],
    ['an account that leads elsewhere', review({}, { object: plainPod({ serviceAccountName: '.' }) }), 'AccountName'],
    ['one with a query', review({}, { object: plainPod({ serviceAccountName: 'a?b' }) }), 'serviceAccountName'],
    ['a name too long', review({}, { object: plainPod({ serviceAccountName: 'a'.repeat(254) }) }), 'AccountName'],
  ])('%s is refused with the field', (_name, body, text) => {
    expect(codeOf(body)).toMatch(/^ReviewMalformed: /);
    expect(codeOf(body)).toContain(text);
  });

  test.each([
    ['an update', { operation: 'UPDATE' }],
    ['another resource', { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } }],
    ['a subresource', { subResource: 'ephemeralcontainers' }],
  ])('%s has no pod', (_name, request) => expect(read(review({}, request)).pod).toBeUndefined());

  test('any text gives a review or a coded error', () => {
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((request) => review({ request })),
    );
    fc.assert(
      fc.property(bodies, (body) => expect(codeOf(body)).toMatch(/^(none|ReviewMalformed)/)),
      { numRuns: 1000 },
    );
  });

  test('a key __proto__ is data like any other', () => {
    const body = review().replace('"spec":{', '"spec":{"__proto__":{"hostNetwork":true},');
    const { pod } = read(body);
    expect(decide(pod, account(), SETTINGS).outcome).toBe('injected');
    expect(() => answer(pod)).not.toThrow();
    expect(({} as { hostNetwork?: unknown }).hostNetwork).toBeUndefined();
  });
});

describe('respond', () => {
  test('a patch and its type stand together', () => {
    const response = answer(plainPod());
    expect(response).toMatchObject({
      uid: 'u',
      allowed: true,
      patchType: 'JSONPatch',
      auditAnnotations: { reason: 'Injected' },
    });
    const operations = JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString()) as { op: string }[];
    expect(operations.map(({ op }) => op)).not.toContain('test');
  });

  test('without a patch there is no type either', () => {
    const response = answer(plainPod(), '');
    expect(response).toEqual({ uid: 'u', allowed: true, auditAnnotations: { reason: 'NotAnnotated' } });
  });

  test('a refusal says account, field, limit and fix', () => {
    const response = answer(plainPod(), `{roleARN: "${TARGET}", duration: 1m}`);
    expect(response.allowed).toBe(false);
    expect(response.patch).toBeUndefined();
    expect(response.status).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(response.status?.message).toMatch(/shop\/orders.*duration is "1m", but takes 900-3600 s.*AnnotationInvalid/);
  });

  test('an endless message is cut, warnings at the length that the apiserver shows', () => {
    const fields = Array.from({ length: 300 }, (_, i) => `field${i}: x`).join('\n');
    expect(answer(plainPod(), fields).status?.message.length).toBeLessThan(LIMITS.messageChars + 50);
    const name = 'n'.repeat(300);
    const warned = answer(plainPod({}, { 'rolechain.io/skip-containers': name }));
    expect(warned.warnings?.map((warning) => warning.length)).toEqual([LIMITS.warningChars]);
  });
});
