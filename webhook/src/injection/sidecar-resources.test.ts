import fc from 'fast-check';
import type { Problem } from '@rolechain/shared';
import { decide } from '../policy/decide-pod.ts';
import type { Container, Pod, Resources } from '../objects/pod.ts';
import { parseQuantity } from '../objects/quantity.ts';
import { sidecarResources, type SidecarResources } from './sidecar-resources.ts';
import { SETTINGS, account, call, plainPod } from '../testing/fixtures.ts';

const container = (resources?: Container['resources']): Container => ({ name: 'c', resources });
const pod = (spec: object = {}, annotations: Record<string, string> = {}): Pod => ({
  metadata: { annotations },
  spec: { containers: [], ...spec },
});
/** What stands there, so that a LimitRange's default doesn't. */
const disk = { 'ephemeral-storage': '0' };
const whole = { cpu: '1', memory: '1Gi' };
const guaranteed = container({ limits: whole, requests: { cpu: '1000m', memory: '1024Mi' } });

/** Keys of ours by their ends, as `cpu-limit`. */
const asking = (amounts: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([end, value]) => [`rolechain.io/sidecar-${end}`, value]));

const problemsOf = (checked: SidecarResources): readonly Problem[] => ('problems' in checked ? checked.problems : []);

function resourcesOf(p: Pod, others: Container[], namespace: Record<string, string> = {}): Resources {
  const checked = sidecarResources(p, others, namespace);
  if (!checked.ok)
    throw new Error(
      problemsOf(checked)
        .map(({ path, text, fix }) => `${path} ${text}; ${fix}`)
        .join('\n'),
    );
  return checked.value;
}

describe('that nobody asks for', () => {
  test('a request and a memory limit, no CPU limit', () => {
    expect(resourcesOf(pod(), [container()])).toEqual({
      limits: { memory: '64Mi' },
      requests: { cpu: '10m', memory: '32Mi', ...disk },
    });
  });

  test('a CPU limit exactly when every other container has one', () => {
    const limited = container({ limits: { cpu: '1' } });
    expect(resourcesOf(pod(), [limited, limited])?.limits).toEqual({ cpu: '500m', memory: '64Mi' });
    expect(resourcesOf(pod(), [limited, container()])?.limits).toEqual({ memory: '64Mi' });
  });

  test('requests equal limits in a Guaranteed pod, so that it stays Guaranteed', () => {
    const same = { cpu: '100m', memory: '64Mi' };
    expect(resourcesOf(pod(), [guaranteed, container({ limits: whole })])).toEqual({
      limits: same,
      requests: { ...same, ...disk },
    });
    expect(resourcesOf(pod(), [container({ limits: whole, requests: { cpu: '0.5' } })])?.requests).not.toMatchObject(
      same,
    );
  });

  test('none where the pod has resources of its own, but of disk, which a pod has none of', () => {
    expect(resourcesOf(pod({ resources: { requests: { cpu: '1' } } }), [container()])).toEqual({ requests: disk });
  });

  test("a limit of disk exactly where another container has one, since alone it would be the pod's", () => {
    const limited = container({ limits: { 'ephemeral-storage': '10Gi' } });
    for (const others of [[limited], [container(), limited]]) {
      expect(resourcesOf(pod(), others)).toMatchObject({ limits: { 'ephemeral-storage': '256Mi' }, requests: disk });
    }
    const requested = container({ requests: { 'ephemeral-storage': '10Gi' } });
    expect(resourcesOf(pod(), [requested])?.limits).toEqual({ memory: '64Mi' });
    const own = pod({ resources: { limits: { cpu: '1', memory: '1Gi' } } });
    expect(resourcesOf(own, [limited])).toEqual({ limits: { 'ephemeral-storage': '256Mi' }, requests: disk });
  });

  test('disk has no part in the class of a pod', () => {
    const same = { cpu: '100m', memory: '64Mi' };
    const withDisk = container({
      limits: { ...whole, 'ephemeral-storage': '2Gi' },
      requests: { 'ephemeral-storage': '1' },
    });
    expect(resourcesOf(pod(), [withDisk])).toEqual({
      limits: { ...same, 'ephemeral-storage': '256Mi' },
      requests: { ...same, ...disk },
    });
  });
});

describe('that annotations ask for', () => {
  const onPod = (amounts: Record<string, string>): Pod => pod({}, asking(amounts));

  test('each amount by itself, the others as without', () => {
    expect(resourcesOf(onPod({ 'cpu-request': '20m', 'memory-limit': '128Mi' }), [container()])).toEqual({
      limits: { memory: '128Mi' },
      requests: { cpu: '20m', memory: '32Mi', ...disk },
    });
  });

  test('a CPU limit also where the other containers have none', () => {
    expect(resourcesOf(onPod({ 'cpu-limit': '1' }), [container()])?.limits).toEqual({ cpu: '1', memory: '64Mi' });
  });

  test("the Namespace's, and the pod's before them, amount by amount", () => {
    const namespace = asking({ 'cpu-request': '30m', 'memory-request': '40Mi' });
    expect(resourcesOf(onPod({ 'cpu-request': '20m' }), [container()], namespace)?.requests).toEqual({
      cpu: '20m',
      memory: '40Mi',
      ...disk,
    });
  });

  test("an invalid one of the Namespace doesn't matter to a pod that overrides it", () => {
    const namespace = asking({ 'cpu-request': 'much' });
    expect(resourcesOf(onPod({ 'cpu-request': '20m' }), [container()], namespace)?.requests?.cpu).toBe('20m');
    expect(sidecarResources(pod(), [container()], namespace)).toMatchObject({ ok: false });
  });

  test.each([
    [{ 'cpu-limit': '50m' }, '50m'],
    [{ 'cpu-request': '200m' }, '200m'],
    [{ 'cpu-request': '20m', 'cpu-limit': '300m' }, '300m'],
  ])('a Guaranteed pod stays so: %j', (amounts, cpu) => {
    const both = { cpu, memory: '64Mi' };
    expect(resourcesOf(pod(), [guaranteed], asking(amounts))).toEqual({ limits: both, requests: { ...both, ...disk } });
  });

  test("in a pod with resources of its own: the pod's alone, and nothing else", () => {
    const own = { resources: { requests: { cpu: '1' } } };
    expect(resourcesOf(pod(own), [container()], asking({ 'cpu-request': '20m' }))).toEqual({ requests: disk });
    expect(resourcesOf(pod(own, asking({ 'cpu-request': '20m' })), [container()])).toEqual({
      requests: { cpu: '20m', ...disk },
    });
    const ofNamespace = asking({ 'ephemeral-storage-request': '5Mi' });
    expect(resourcesOf(pod(own), [container()], ofNamespace)).toEqual({ requests: { 'ephemeral-storage': '5Mi' } });
  });

  test('disk, of the pod or its Namespace; a limit that is the only one draws a warning', () => {
    const amounts = { 'ephemeral-storage-request': '10Mi', 'ephemeral-storage-limit': '100Mi' };
    const [requests, limits] = [{ 'ephemeral-storage': '10Mi' }, { 'ephemeral-storage': '100Mi' }];
    const limited = container({ limits: { 'ephemeral-storage': '10Gi' } });
    expect(resourcesOf(onPod(amounts), [limited])).toMatchObject({ limits, requests });
    const alone = sidecarResources(pod(), [container()], asking(amounts));
    expect(alone).toMatchObject({ ok: true, value: { limits, requests } });
    const warnings = [
      expect.stringMatching(/^rolechain.io\/sidecar-ephemeral-storage-limit on the Namespace is the only .* 100Mi$/),
    ];
    expect(alone).toMatchObject({ warnings });
    expect(sidecarResources(pod(), [limited], asking(amounts))).toMatchObject({ warnings: [] });
    expect(decide(plainPod({}, asking(amounts)), account(), SETTINGS)).toMatchObject({
      outcome: 'injected',
      warnings: [expect.stringMatching(/on the Pod is the only/)],
    });
  });

  test.each([
    [{ 'ephemeral-storage-limit': '63Mi' }, 'ephemeral-storage-limit on the Pod is "63Mi", less than 64Mi'],
    [{ 'ephemeral-storage-request': '-1' }, 'ephemeral-storage-request on the Pod is "-1", less than 0'],
    [
      { 'ephemeral-storage-request': 'x' },
      'ephemeral-storage-request on the Pod is "x", but takes a quantity like 10Mi',
    ],
    [
      { 'ephemeral-storage-request': '1Gi', 'ephemeral-storage-limit': '64Mi' },
      'ephemeral-storage-limit on the Pod is 64Mi, below the request of 1Gi (on the Pod)',
    ],
    [{ 'cpu-limit': '5m' }, 'cpu-limit on the Pod is 5m, below the request of 10m (the default)'],
    [{ 'memory-request': '65Mi' }, 'memory-request on the Pod is 65Mi, above the limit of 64Mi (the default)'],
    [
      { 'memory-request': '100Mi', 'memory-limit': '99Mi' },
      'memory-limit on the Pod is 99Mi, below the request of 100Mi (on the Pod)',
    ],
    [{ 'memory-limit': '64m' }, 'memory-limit on the Pod is "64m", less than 32Mi'],
    [{ 'memory-limit': '31Mi', 'memory-request': '1Mi' }, 'memory-limit on the Pod is "31Mi", less than 32Mi'],
    [{ 'memory-request': '64' }, 'memory-request on the Pod is "64", less than 1Mi'],
    [{ 'cpu-request': '0' }, 'cpu-request on the Pod is "0", less than 1m'],
    [{ 'cpu-request': '-1' }, 'cpu-request on the Pod is "-1", less than 1m'],
    [{ 'cpu-request': '' }, 'cpu-request on the Pod is "", but takes a quantity like 10m'],
    [{ 'memory-limit': '64MB' }, 'memory-limit on the Pod is "64MB", but takes a quantity like 64Mi'],
  ])('%j is refused', (amounts, message) => {
    expect(() => resourcesOf(onPod(amounts), [container()])).toThrow(`rolechain.io/sidecar-${message}`);
  });

  test('the limits themselves are taken', () => {
    const least = { 'cpu-request': '1m', 'cpu-limit': '1m', 'memory-request': '1Mi', 'memory-limit': '32Mi' };
    expect(resourcesOf(onPod(least), [container()])).toEqual({
      limits: { cpu: '1m', memory: '32Mi' },
      requests: { cpu: '1m', memory: '1Mi', ...disk },
    });
  });

  test('all that is wrong is said at once, with the place', () => {
    const checked = sidecarResources(onPod({ 'cpu-request': 'x' }), [], asking({ 'memory-limit': 'y' }));
    expect(problemsOf(checked).map(({ code, text }) => `${code} ${text.slice(0, 20)}`)).toEqual([
      'FieldWrongType on the Pod is "x", b',
      'FieldWrongType on the Namespace is ',
    ]);
  });

  const amount = fc.option(fc.constantFrom('1m', '10m', '64m', '1', '1Mi', '32Mi', '64Mi', '1Gi', '0', 'x'), {
    nil: undefined,
  });
  const annotations = fc
    .record({ 'cpu-request': amount, 'cpu-limit': amount, 'memory-request': amount, 'memory-limit': amount })
    .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
    .map((given) => asking(given as Record<string, string>));
  const around = fc.constantFrom(container(), guaranteed, container({ limits: { cpu: '1' } }));

  test('what is accepted has no request above its limit, and is what was asked for', () => {
    fc.assert(
      fc.property(annotations, annotations, around, (own, namespace, other) => {
        const checked = sidecarResources(pod({}, own), [other], namespace);
        if (!checked.ok) return;
        const { limits, requests } = checked.value ?? {};
        for (const name of ['cpu', 'memory']) {
          const [limit, request] = [limits?.[name], requests?.[name]];
          if (limit === undefined) expect(name).toBe('cpu');
          else expect(parseQuantity(request ?? 'none')).toBeLessThanOrEqual(parseQuantity(limit) ?? -1);
          const key = `rolechain.io/sidecar-${name}-limit`;
          const asked = own[key] ?? namespace[key];
          if (asked !== undefined) expect(limit).toBe(asked);
        }
        if (other === guaranteed) expect(requests).toEqual({ ...limits, ...disk });
      }),
      { numRuns: 2000 },
    );
  });
});

describe('in a decision', () => {
  const around = (namespaceAnnotations: Record<string, string>) => ({
    others: new Map<string, never>(),
    allowedRoles: undefined,
    namespaceAnnotations,
  });
  const sidecarOf = (p: unknown): Container | undefined => (p as Pod).spec.initContainers?.[0];

  test('the sidecar has what the Namespace asks for', () => {
    const { pod: after } = call(plainPod(), account(), SETTINGS, () => 0, around(asking({ 'memory-limit': '96Mi' })));
    expect(sidecarOf(after)?.resources?.limits).toEqual({ memory: '96Mi' });
  });

  test('an invalid one refuses the pod, with the code, the place and the fix', () => {
    const decision = decide(plainPod({}, asking({ 'memory-limit': '16Mi' })), account(), SETTINGS);
    expect(decision).toMatchObject({ outcome: 'refused', reason: 'SidecarResourcesInvalid' });
    expect(decision).toMatchObject({
      message: expect.stringMatching(/memory-limit on the Pod is "16Mi", less than 32Mi;.*\(FieldOutOfRange\)/),
    });
  });

  test('a second call leaves them as found, whatever the Namespace says by then', () => {
    const once = call(plainPod()).pod;
    const again = call(once, account(), SETTINGS, () => 0, around(asking({ 'memory-limit': '1Mi' })));
    expect(again.pod).toEqual(once);
  });
});
