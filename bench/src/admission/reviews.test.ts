import type { PodObject, PodSpec } from '@rolechain/kit/pod.ts';
import { readReview } from '@rolechain/webhook';
import { SETTINGS, account, call } from '@rolechain/webhook/testing';
import { missingOf } from './patched.ts';
import { ANNOTATED, PLAIN, makeReviews, type Review } from './reviews.ts';

const podOf = (review: string): PodObject => (JSON.parse(review) as Review).request.object;

const reviews = makeReviews(1000);

test('a run sends what the run before it sent', () => {
  expect(makeReviews(1000)).toEqual(reviews);
});

test('each pod is created once with a role and once without', () => {
  expect(reviews).toHaveLength(1000);
  expect(new Set(reviews.map((review) => readReview(review).uid)).size).toBe(1000);
  const accounts = reviews.map((review) => podOf(review).spec.serviceAccountName);
  expect(accounts).toEqual(Array.from({ length: 500 }, () => [ANNOTATED, PLAIN]).flat());
  const containers = reviews.map((review) => JSON.stringify(podOf(review).spec.containers));
  for (let index = 0; index < 1000; index += 2) expect(containers[index]).toBe(containers[index + 1]);
  expect(new Set(containers).size).toBeGreaterThan(50);
});

test('each pod of the annotated account becomes one that lacks nothing', () => {
  const pods = reviews.map(podOf).filter(({ spec }) => spec.serviceAccountName === ANNOTATED);
  const after = pods.map((pod) => call(pod, account(), SETTINGS));
  expect(after.filter(({ decision }) => decision.outcome !== 'injected')).toEqual([]);
  expect(after.flatMap(({ pod }) => missingOf(pod))).toEqual([]);
});

describe('a patch that does less is seen', () => {
  const [review = ''] = reviews;
  const { spec } = call(podOf(review), account(), SETTINGS).pod;
  const names = spec.containers.map(({ name }) => name);

  test.each<[string, PodSpec, string[]]>([
    ['none', podOf(review).spec, ['the sidecar', 'the volume']],
    ['no sidecar', { ...spec, initContainers: (spec.initContainers ?? []).slice(1) }, ['the sidecar']],
    ['no volume', { ...spec, volumes: [] }, ['the volume']],
    [
      'no variables',
      { ...spec, containers: spec.containers.map((one) => ({ ...one, env: [] })) },
      names.map(variables),
    ],
    [
      'no mount',
      { ...spec, containers: spec.containers.map((one) => ({ ...one, volumeMounts: [] })) },
      names.map(mount),
    ],
  ])('%s', (_what, changed, missing) => {
    expect(missingOf({ metadata: {}, spec: changed })).toEqual(expect.arrayContaining(missing));
  });
});

function variables(name: string): string {
  return `the variables of ${name}`;
}
function mount(name: string): string {
  return `the mount of ${name}`;
}
