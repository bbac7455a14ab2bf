import fc from 'fast-check';
import { LIMITS } from '@rolechain/shared';
import { runs } from '@rolechain/kit/runs.ts';
import { decide } from '../policy/decide-pod.ts';
import { podSums } from './limit-ranges.ts';
import { limitRulesOf, type LimitRule } from '../objects/limit-range.ts';
import type { Container, Pod, Resources } from '../objects/pod.ts';
import { parseQuantity } from '../objects/quantity.ts';
import { sidecarResources } from './sidecar-resources.ts';
import { SETTINGS, account, call, plainPod } from '../testing/fixtures.ts';

type Item = Readonly<Record<string, unknown>>;

const rulesOf = (...limits: Item[]): LimitRule[] => limitRulesOf('limits', { limits });
const perContainer = (fields: Item): Item => ({ type: 'Container', ...fields });
const perPod = (fields: Item): Item => ({ type: 'Pod', ...fields });
const container = (resources?: Container['resources'], more: object = {}): Container => ({
  name: 'c',
  resources,
  ...more,
});
const podOf = (containers: Container[], annotations: Record<string, string> = {}, spec: object = {}): Pod => ({
  metadata: { annotations },
  spec: { containers, ...spec },
});
const asking = (amounts: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([end, value]) => [`rolechain.io/sidecar-${end}`, value]));

function resourcesOf(rules: LimitRule[], pod = podOf([container()])): unknown {
  const found = sidecarResources(pod, pod.spec.containers ?? [], {}, rules);
  return 'noRoom' in found ? found.noRoom : found.ok ? found.value : found.problems;
}

const disk = { 'ephemeral-storage': '0' };
const limited = container({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '512Mi' } });
const guaranteed = container({ limits: { cpu: '1', memory: '1Gi' } });

test.each<[string, Item, Container, object]>([
  [
    'a minimum raises the request, and the limit where it is below',
    perContainer({ min: { cpu: '50m', memory: '128Mi' } }),
    container(),
    { limits: { memory: '128Mi' }, requests: { cpu: '50m', memory: '128Mi', ...disk } },
  ],
  [
    'a maximum lowers the limit, and sets it where there is none: LimitRanger wants one',
    perContainer({ max: { cpu: '200m', memory: '48Mi' } }),
    container(),
    { limits: { cpu: '200m', memory: '48Mi' }, requests: { cpu: '10m', memory: '32Mi', ...disk } },
  ],
  [
    'a ratio raises the request as far as a Guaranteed one, then lowers the limit',
    perContainer({ maxLimitRequestRatio: { cpu: '2', memory: '1' } }),
    limited,
    { limits: { cpu: '200m', memory: '64Mi' }, requests: { cpu: '100m', memory: '64Mi', ...disk } },
  ],
  [
    'a ratio that the usual resources keep but for CPU',
    perContainer({ maxLimitRequestRatio: { cpu: '10', memory: '2' } }),
    limited,
    { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '50m', memory: '32Mi', ...disk } },
  ],
  [
    'a minimum of disk',
    perContainer({ min: { 'ephemeral-storage': '1Gi' } }),
    container({ limits: { 'ephemeral-storage': '2Gi' } }),
    {
      limits: { memory: '64Mi', 'ephemeral-storage': '1024Mi' },
      requests: { cpu: '10m', memory: '32Mi', 'ephemeral-storage': '1024Mi' },
    },
  ],
  [
    'a Guaranteed pod stays so',
    perContainer({ min: { cpu: '150m' }, max: { memory: '48Mi' } }),
    guaranteed,
    { limits: { cpu: '150m', memory: '48Mi' }, requests: { cpu: '150m', memory: '48Mi', ...disk } },
  ],
  [
    "a pod's maximum leaves what the others leave",
    perPod({ max: { cpu: '1200m', memory: '2Gi' } }),
    limited,
    { limits: { cpu: '200m', memory: '64Mi' }, requests: { cpu: '10m', memory: '32Mi', ...disk } },
  ],
  [
    'one that the others pass by themselves is none of ours',
    perPod({ max: { cpu: '100m' } }),
    limited,
    { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '10m', memory: '32Mi', ...disk } },
  ],
  [
    "a pod's ratio",
    perPod({ maxLimitRequestRatio: { cpu: '2' } }),
    limited,
    { limits: { cpu: '200m', memory: '64Mi' }, requests: { cpu: '100m', memory: '32Mi', ...disk } },
  ],
  [
    'other types and resources do not matter',
    { type: 'PersistentVolumeClaim', min: { cpu: '1' }, max: { storage: '1' } },
    container(),
    { limits: { memory: '64Mi' }, requests: { cpu: '10m', memory: '32Mi', ...disk } },
  ],
])('%s', (_name, item, other, resources) => {
  expect(resourcesOf(rulesOf(item), podOf([other]))).toEqual(resources);
});

describe('no room', () => {
  test.each<[Item, Record<string, string>, RegExp]>([
    [
      perContainer({ max: { memory: '24Mi' } }),
      {},
      /^LimitRange limits has a maximum of memory per Container of 24Mi, and the sidecar needs a limit of at least 32Mi$/,
    ],
    [
      perContainer({ min: { cpu: '50m' } }),
      { 'cpu-request': '20m' },
      /minimum of cpu per Container of 50m, and rolechain.io\/sidecar-cpu-request on the Pod is 20m$/,
    ],
    [
      perContainer({ min: { cpu: '2' }, max: { cpu: '1' } }),
      {},
      /minimum of cpu per Container of 2, and the sidecar has a request of 1 and a limit of 1$/,
    ],
    [
      perPod({ max: { memory: '1040Mi' } }),
      {},
      /maximum of memory per Pod of 1040Mi, the other containers included, and the sidecar needs/,
    ],
  ])('%j', (item, annotations, says) => {
    const pod = podOf([limited], asking(annotations));
    expect(resourcesOf(rulesOf(item), pod)).toEqual([expect.stringMatching(says)]);
  });

  test('refuses the pod with the code, the LimitRange and the fix', () => {
    const around = {
      others: new Map(),
      allowedRoles: undefined,
      limitRules: rulesOf(perContainer({ max: { memory: '24Mi' } })),
    };
    expect(decide(plainPod(), account(), SETTINGS, around)).toMatchObject({
      reason: 'LimitRangeTooTight',
      message: expect.stringMatching(/LimitRange limits has .* Ask the owner .* \[LimitRangeTooTight\]$/),
    });
  });
});

test('what annotations ask for is not changed, and a pod with resources of its own is left to LimitRanger', () => {
  const rules = rulesOf(perContainer({ min: { cpu: '20m' }, max: { cpu: '1', memory: '128Mi' } }));
  const asked = podOf([container()], asking({ 'cpu-request': '30m', 'memory-limit': '100Mi' }));
  expect(resourcesOf(rules, asked)).toEqual({
    limits: { cpu: '500m', memory: '100Mi' },
    requests: { cpu: '30m', memory: '32Mi', ...disk },
  });
  const large = podOf([container()], asking({ 'cpu-request': '700m' }));
  expect(resourcesOf(rules, large)).toMatchObject({ limits: { cpu: '700m' }, requests: { cpu: '700m' } });
  const own = podOf([container()], {}, { resources: { limits: { cpu: '1' } } });
  expect(resourcesOf(rules, own)).toEqual({ requests: disk });
});

test('resources of a sidecar that is there stay', () => {
  const once = call(plainPod()).pod;
  const around = {
    others: new Map(),
    allowedRoles: undefined,
    limitRules: rulesOf(perContainer({ min: { cpu: '1' } })),
  };
  expect(call(once, account(), SETTINGS, () => 0, around).pod).toEqual(once);
});

test('a pod is added up as LimitRanger does', () => {
  const cpu = (requests: string, restartPolicy?: string): Container =>
    container({ requests: { cpu: requests } }, restartPolicy === undefined ? {} : { restartPolicy });
  const pod = (initContainers: Container[]): Pod => podOf([cpu('100m'), cpu('0.2')], {}, { initContainers });
  const sumOf = (initContainers: Container[]): unknown => podSums(pod(initContainers), 'cpu', () => false);
  expect(sumOf([])).toEqual({ request: 300, limit: undefined });
  expect(sumOf([cpu('250m')])).toMatchObject({ request: 300 });
  expect(sumOf([cpu('400m')])).toMatchObject({ request: 400 });
  expect(sumOf([cpu('50m', 'Always'), cpu('400m')])).toMatchObject({ request: 450 });
  expect(sumOf([cpu('400m'), cpu('150m', 'Always')])).toMatchObject({ request: 450 });
});

test.each([null, 5, [], { limits: 5 }, { limits: [null, 5, { type: 'Container', min: 5, max: { cpu: {} } }] }])(
  '%j is no LimitRange that binds anything',
  (spec) => expect(limitRulesOf('x', spec)).toEqual([]),
);

test('of a large one no more is read than the limit', () => {
  const items = Array.from({ length: 10_000 }, () => perContainer({ min: { cpu: '1m' } }));
  expect(limitRulesOf('x', { limits: items })).toHaveLength(LIMITS.limitRangeItems);
});

// LimitRanger's checks, from admission.go (minConstraint, maxConstraint, limitRequestRatioConstraint), on one container.
const amount = (resources: Resources, half: 'requests' | 'limits', name: string): number | undefined => {
  const text = resources?.[half]?.[name];
  return text === undefined ? undefined : parseQuantity(text);
};
function breaks(resources: Resources, item: Item): string[] {
  return (['min', 'max', 'maxLimitRequestRatio'] as const).flatMap((kind) =>
    Object.entries((item[kind] ?? {}) as Record<string, string>).flatMap(([name, text]) => {
      const [request, limit] = [amount(resources, 'requests', name), amount(resources, 'limits', name)];
      const bound = parseQuantity(text) ?? 0;
      const wrong =
        kind === 'min'
          ? request === undefined || request < bound || (limit ?? bound) < bound
          : kind === 'max'
            ? limit === undefined || limit > bound || (request ?? 0) > bound
            : !request || !limit || limit / request > bound;
      return wrong ? [`${kind} ${name}`] : [];
    }),
  );
}

const quantities = (texts: readonly string[]) => fc.option(fc.constantFrom(...texts), { nil: undefined });
const CPU = ['5m', '20m', '50m', '0.25', '1', '2500m'];
const MEMORY = ['16Mi', '48Mi', '64M', '100Mi', '1Gi'];
const both = (cpu: readonly string[], memory: readonly string[]) =>
  fc
    .record({ cpu: quantities(cpu), memory: quantities(memory), 'ephemeral-storage': quantities(memory) })
    .map((all) => Object.fromEntries(Object.entries(all).filter(([, text]) => text !== undefined)));
const item = fc.record({
  min: both(CPU, MEMORY),
  max: both(CPU, MEMORY),
  maxLimitRequestRatio: both(['1', '1.5', '3'], ['1', '2']),
});

test('whatever the LimitRange, the sidecar keeps it, or the pod is refused; what could be kept is not refused', () => {
  let kept = 0;
  fc.assert(
    fc.property(item, fc.constantFrom(container(), limited, guaranteed), (limits, other) => {
      const range = perContainer(limits);
      const pod = podOf([other]);
      const found = sidecarResources(pod, [other], {}, rulesOf(range));
      if (found.ok) {
        kept++;
        expect(breaks(found.value, range)).toEqual([]);
        for (const name of ['cpu', 'memory']) {
          const [request, limit] = [amount(found.value, 'requests', name), amount(found.value, 'limits', name)];
          expect(request ?? 0).toBeLessThanOrEqual(limit ?? Number.POSITIVE_INFINITY);
          if (other === guaranteed) expect(request).toBe(limit);
        }
        return;
      }
      expect(found).toHaveProperty('noRoom');
      // Request and limit alike, at the maximum or at the larger of minimum and what the sidecar needs, would keep any.
      const least: Record<string, number> = { cpu: 0.001, memory: 32 * 2 ** 20, 'ephemeral-storage': 64 * 2 ** 20 };
      const possible = Object.entries(least).every(([name, need]) => {
        const low = parseQuantity((limits.min as Record<string, string>)[name] ?? '0') ?? 0;
        const high = parseQuantity((limits.max as Record<string, string>)[name] ?? '1E') ?? 0;
        return Math.max(low, need) <= high;
      });
      expect(possible).toBe(false);
    }),
    { numRuns: runs(3000) },
  );
  expect(kept).toBeGreaterThan(runs(300));
});
