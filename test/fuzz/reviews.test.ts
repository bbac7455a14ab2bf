import { REASONS, reasonEntry, type ReasonCode } from '@rolechain/shared';
import type { InProcess } from '@rolechain/webhook/testing/in-process.ts';
import { generateReview } from './reviews.ts';
import { checkReview, fuzzedWebhook, runReviews } from './run-reviews.ts';
import { GROWTH_LIMIT } from './run.ts';

test('2,000 generated reviews come to a coded outcome each, and leave nothing in memory', async () => {
  const { outcomes, grown } = await runReviews(2000, 1);
  // It reaches every reason that the webhook gives a pod, and the errors of what is no review.
  const reached = Object.keys(outcomes).map((outcome) => outcome.split(' ').at(-1));
  const reasons = (Object.keys(REASONS) as ReasonCode[]).filter((code) => {
    const { by, of } = reasonEntry(code);
    return by === undefined && of === undefined && code !== 'Injected';
  });
  expect([...reasons, 'injected', 'ReviewMalformed'].filter((code) => !reached.includes(code))).toEqual([]);
  expect(outcomes.injected).toBeGreaterThan(200);
  expect(grown).toBeLessThan(GROWTH_LIMIT);
});

test('a seed and an index give one review, others another', () => {
  expect(generateReview(7, 3)).toEqual(generateReview(7, 3));
  const bodies = Array.from({ length: 200 }, (_, index) => generateReview(7, index).body);
  expect(new Set(bodies).size).toBeGreaterThan(180);
  expect(generateReview(8, 3).body).not.toBe(bodies[3]);
});

describe('what is not in order is noticed', () => {
  const patchOf = (...operations: object[]): string => Buffer.from(JSON.stringify(operations)).toString('base64');
  /** A webhook that gives this response, or this error. */
  const saying = (response: object | string, status = 200): Pick<InProcess, 'mutate'> => ({
    mutate: () =>
      Promise.resolve({ status, text: typeof response === 'string' ? response : JSON.stringify({ response }) }),
  });
  const body = JSON.stringify({ request: { object: { spec: { containers: [{ name: 'a', image: 'i' }] } } } });
  const injected = { allowed: true, patchType: 'JSONPatch', auditAnnotations: { reason: 'Injected' } };

  test.each<[string, Pick<InProcess, 'mutate'>, RegExp]>([
    ['an error of ours', saying('{"code":"InternalError","message":"m","fix":"f"}', 500), /answered 500/],
    ['an error without a code', saying('{"message":"m"}', 400), /answered 400/],
    ['a reason of no table', saying({ allowed: true, auditAnnotations: { reason: 'x' } }), /in no table/],
    [
      'a refusal without a code',
      saying({ allowed: false, auditAnnotations: { reason: 'NameTaken' }, status: { code: 422, message: 'no' } }),
      /refused by/,
    ],
    [
      'a foreign field that is changed',
      saying({ ...injected, patch: patchOf({ op: 'replace', path: '/spec/containers/0/image', value: 'j' }) }),
      /changes what is foreign/,
    ],
    [
      'a patch that does not apply',
      saying({ ...injected, patch: patchOf({ op: 'remove', path: '/spec/volumes/0' }) }),
      /thrown: [^]*PATH_UNRESOLVABLE/,
    ],
    [
      'a call that never comes to rest',
      saying({ ...injected, patch: patchOf({ op: 'add', path: '/spec/containers/0/env', value: [] }) }),
      /a second call changes/,
    ],
  ])('%s', async (_name, webhook, complaint) => {
    expect(await checkReview(webhook, body)).toMatchObject({ complaint: expect.stringMatching(complaint) });
  });

  test('no decision on what is a pod', async () => {
    const webhook = await fuzzedWebhook('refuse');
    expect(await checkReview(webhook, '{}', true)).toMatchObject({ complaint: expect.stringContaining('no decision') });
    await webhook.close();
  });
});
