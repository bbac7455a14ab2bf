/**
 * Beside the EKS webhook in every order: before and after it, with re-invocation and without, in both of
 * its modes; and beside Istio, linkerd and Vault. Environment and mounts of every container must come out the same.
 * test/orders does it on a real apiserver, for a few pods.
 */
import fc from 'fast-check';
import { MESH_CONTAINERS } from '@rolechain/shared';
import { call, SETTINGS, account } from '@rolechain/webhook/testing';
import { callWebhooks, type ModelWebhook } from './apiserver.ts';
import { EKS_ROLE, eksMutate, type EksOptions } from '@rolechain/kit/models/eks-webhook.ts';
import { injectors, type Injector } from './injectors.ts';
import { allContainers, type DraftPod } from '@rolechain/kit/pod.ts';
import { serviceAccountPlugin } from '@rolechain/kit/models/shared.ts';
import { arbitraryPod, withRoleAnnotations } from '@rolechain/kit/models/pods.ts';
import { proxyStartsFirst, seen, seenOfOthers, sidecarStartsFirst } from './seen.ts';
import { VAULT_ANNOTATIONS } from './vault.ts';

const POLICIES = ['IfNeeded', 'Never'] as const;
const user = account(undefined, { 'eks.amazonaws.com/role-arn': EKS_ROLE });

interface Outcome {
  readonly label: string;
  readonly pod: DraftPod;
}

function everyOrder(pod: DraftPod, eks: EksOptions, who = user): Outcome[] {
  return POLICIES.flatMap((eksPolicy) =>
    POLICIES.flatMap((ourPolicy) => {
      const ours: ModelWebhook<DraftPod> = {
        reinvocationPolicy: ourPolicy,
        mutate: (p) => call(p, who, SETTINGS, () => 0.5).pod,
      };
      const theirs: ModelWebhook<DraftPod> = { reinvocationPolicy: eksPolicy, mutate: (p) => eksMutate(p, eks) };
      const label = `EKS ${eksPolicy}, ours ${ourPolicy}`;
      return [
        { label: `${label}, ours last`, pod: callWebhooks(pod, [theirs, ours], serviceAccountPlugin) },
        { label: `${label}, ours first`, pod: callWebhooks(pod, [ours, theirs], serviceAccountPlugin) },
      ];
    }),
  );
}

const withoutSidecar = (pod: DraftPod) => allContainers(pod).filter(({ name }) => name !== 'rolechain');

const eksOptions = fc.record({
  mode: fc.constantFrom('irsa' as const, 'pod-identity' as const),
  region: fc.constantFrom('', SETTINGS.region),
  regionalSTS: fc.boolean(),
});

test('environment and mounts are the same in every order of the two webhooks', () => {
  fc.assert(
    fc.property(arbitraryPod.map(withoutEksRegions), eksOptions, (pod, options) => {
      const outcomes = everyOrder(pod, options);
      for (const { label, pod: result } of outcomes) {
        expect({ label, ...seen(result, pod) }).toEqual({ label, ...seen(outcomes[0]?.pod ?? pod, pod) });
      }
    }),
    { numRuns: 300 },
  );
});

test.each(['irsa', 'pod-identity'] as const)(
  "the Region of a role's own wins over EKS' default, in every order, and a container's own over both (%s)",
  (mode) => {
    const who = account(JSON.stringify({ roleARN: EKS_ROLE, region: 'us-west-2' }), {
      'eks.amazonaws.com/role-arn': EKS_ROLE,
    });
    const env = [
      { name: 'AWS_REGION', value: 'eu-north-1' },
      { name: 'AWS_DEFAULT_REGION', value: 'eu-north-1' },
    ];
    const pod: DraftPod = {
      metadata: { name: 'p' },
      spec: { serviceAccountName: 'orders', containers: [{ name: 'a' }, { name: 'b', env }] },
    };
    const regions = (result: DraftPod): unknown =>
      result.spec.containers.map((container) =>
        container.env
          ?.filter(({ name }) => name === 'AWS_REGION' || name === 'AWS_DEFAULT_REGION')
          .map(({ value }) => value),
      );
    for (const region of ['', SETTINGS.region, 'ap-south-1']) {
      for (const { label, pod: result } of everyOrder(pod, { mode, region, regionalSTS: true }, who)) {
        expect({ label, region, of: regions(result) }).toEqual({
          label,
          region,
          of: [
            ['us-west-2', 'us-west-2'],
            ['eu-north-1', 'eu-north-1'],
          ],
        });
      }
    }
  },
);

/** What docs/webhook-order.md says of the Region where it depends on the order. */
test.each([
  ["without a Region of its own, where EKS' default is another", [], undefined, ['eu-central-1', 'ap-south-1']],
  ['without one, where it is the same', [], undefined, ['eu-central-1', 'eu-central-1']],
  [
    'where the pair was copied into the pod',
    [
      { name: 'AWS_ROLE_ARN', value: EKS_ROLE },
      { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token' },
    ],
    'us-west-2',
    ['us-west-2', 'ap-south-1'],
  ],
])('the Region of a role %s', (name, env, own, [first = '', last = '']) => {
  const annotation = JSON.stringify({ roleARN: EKS_ROLE, ...(own === undefined ? {} : { region: own }) });
  const who = account(annotation, { 'eks.amazonaws.com/role-arn': EKS_ROLE });
  const pod: DraftPod = { metadata: { name }, spec: { containers: [{ name: 'a', env: [...env] }] } };
  for (const { label, pod: result } of everyOrder(pod, { mode: 'irsa', region: last, regionalSTS: true }, who)) {
    const value = result.spec.containers[0]?.env?.find((variable) => variable.name === 'AWS_REGION')?.value;
    expect([label, value]).toEqual([label, label.endsWith('ours first') ? first : last]);
  }
});

test.each(['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'])(
  "so they are where an empty %s keeps EKS' pair out, and not its Region",
  (name) => {
    const env = [
      { name: 'A', value: 'x' },
      { name, value: '' },
    ];
    const pod: DraftPod = {
      metadata: { name: 'p' },
      spec: { serviceAccountName: 'orders', containers: [{ name: 'a', env }] },
    };
    const who = account(JSON.stringify({ roleARN: EKS_ROLE, region: 'us-west-2' }), {
      'eks.amazonaws.com/role-arn': EKS_ROLE,
    });
    const mode = name.includes('CONTAINER') ? ('pod-identity' as const) : ('irsa' as const);
    const outcomes = everyOrder(pod, { mode, region: SETTINGS.region, regionalSTS: true }, who);
    for (const { label, pod: result } of outcomes) {
      const [container] = result.spec.containers;
      const region = container?.env?.filter((variable) => variable.name === 'AWS_REGION').map(({ value }) => value);
      expect({ label, region }).toEqual({ label, region: ['us-west-2'] });
      expect({ label, ...seen(result, pod) }).toEqual({ label, ...seen(outcomes[0]?.pod ?? pod, pod) });
    }
  },
);

/** A user's own variables in the place and form of EKS's are taken for EKS's, and set again at the end: the reference says so. */
function withoutEksRegions(pod: DraftPod): DraftPod {
  const next = structuredClone(pod);
  for (const container of allContainers(next)) {
    while (container.env?.length && EKS_LAST.includes(container.env.at(-1)?.name ?? '')) container.env.pop();
  }
  return next;
}
const EKS_LAST = ['AWS_REGION', 'AWS_STS_REGIONAL_ENDPOINTS'];

const twoRoles = account(
  JSON.stringify({ roleARN: EKS_ROLE, roles: { audit: { roleARN: EKS_ROLE, webIdentity: 'only' } } }),
  { 'eks.amazonaws.com/role-arn': EKS_ROLE },
);

test('so they are with several roles, and tokens in the environment', () => {
  const asked = arbitraryPod.map(withoutEksRegions).chain((pod) => withRoleAnnotations(pod, ['default', 'audit']));
  fc.assert(
    fc.property(asked, eksOptions, (pod, options) => {
      const [first, ...others] = everyOrder(pod, options, twoRoles);
      for (const { label, pod: result } of others) {
        expect({ label, ...seen(result, pod) }).toEqual({ label, ...seen(first?.pod ?? pod, pod) });
      }
    }),
    { numRuns: 100 },
  );
});

test.each(['irsa', 'pod-identity'] as const)(
  'no variable or mount of the EKS webhook is left in a container that holds a role (%s)',
  (mode) => {
    const pod: DraftPod = { metadata: {}, spec: { containers: [{ name: 'app' }], initContainers: [{ name: 'init' }] } };
    for (const { label, pod: result } of everyOrder(pod, { mode, region: SETTINGS.region, regionalSTS: true })) {
      const text = JSON.stringify(withoutSidecar(result).map(({ env, volumeMounts }) => [env, volumeMounts]));
      expect(`${label}: ${text}`).not.toMatch(
        /AWS_ROLE_ARN|WEB_IDENTITY|aws-iam-token|eks-pod-identity-token|169\.254/,
      );
      expect(text.match(/28173/g)).toHaveLength(2);
      expect(result.spec.initContainers?.[0]?.name).toBe('rolechain');
      // The EKS webhook's volume stays: another container may mount it.
      expect(result.spec.volumes?.length).toBeGreaterThanOrEqual(2);
    }
  },
);

test('a skipped container is left to the EKS webhook', () => {
  const pod: DraftPod = {
    metadata: { annotations: { 'rolechain.io/skip-containers': 'other' } },
    spec: { containers: [{ name: 'app' }, { name: 'other' }] },
  };
  for (const { pod: result } of everyOrder(pod, { mode: 'irsa', region: '', regionalSTS: false })) {
    const names = result.spec.containers[1]?.env?.map(({ name }) => name);
    expect(names).toEqual(['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE']);
  }
});

const known = injectors(SETTINGS.region);
const oneOf = (...list: Injector[]): fc.Arbitrary<Injector | undefined> =>
  fc.option(fc.constantFrom(...list), { nil: undefined });
/** At most one of each kind, in the order in which their names sort. */
const others = fc
  .tuple(
    oneOf(known.irsa, known.irsaBare, known.podIdentity),
    oneOf(known.istioNative, known.istioNativeCNI, known.istioClassic, known.istioClassicCNI),
    oneOf(known.linkerdNative, known.linkerdNativeCNI, known.linkerdClassic, known.linkerdClassicCNI),
    oneOf(known.vault),
  )
  .map((list) => list.filter((injector) => injector !== undefined))
  .filter((list) => list.length > 0);
const policy = fc.constantFrom(...POLICIES);
const order = fc.record({
  /** Which of the others sort before ours, and what they and ours say. */
  before: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  theirs: fc.array(policy, { minLength: 4, maxLength: 4 }),
  ours: policy,
});
type Order = typeof order extends fc.Arbitrary<infer T> ? T : never;

type Policy = (typeof POLICIES)[number];

function inOrder(pod: DraftPod, list: readonly Injector[], { before, theirs, ours }: Order): DraftPod {
  const [first, last] = [true, false].map((side) => list.filter((_, index) => before[index] === side));
  const policyOf = new Map(list.map((injector, index) => [injector, theirs[index]!]));
  const all = [...(first ?? []), ...(last ?? [])];
  return amid(
    pod,
    all,
    all.map((injector) => policyOf.get(injector)!),
    { at: first?.length ?? 0, ours },
  );
}

/** Ours in front of the other with this index. */
function amid(
  pod: DraftPod,
  list: readonly Injector[],
  theirs: readonly Policy[],
  { at, ours }: { readonly at: number; readonly ours: Policy },
): DraftPod {
  const settings = { ...SETTINGS, meshContainers: MESH_CONTAINERS };
  const webhooks: ModelWebhook<DraftPod>[] = list.map(({ mutate }, index) => ({
    mutate,
    reinvocationPolicy: theirs[index] ?? 'Never',
  }));
  const own: ModelWebhook<DraftPod> = { reinvocationPolicy: ours, mutate: (p) => call(p, user, settings).pod };
  return callWebhooks(pod, webhooks.toSpliced(at, 0, own), serviceAccountPlugin);
}

const asking = arbitraryPod
  // The mesh of the user's own making is another question.
  .filter((pod) => allContainers(pod).every(({ name }) => name !== 'istio-proxy'))
  .map(withoutEksRegions)
  .map((pod) => ({ ...pod, metadata: { annotations: { ...pod.metadata.annotations, ...VAULT_ANNOTATIONS } } }));

test('so they are beside several webhooks, and the sidecar starts before every container that holds the role', () => {
  fc.assert(
    fc.property(asking, others, order, order, (pod, list, one, another) => {
      const [a, b] = [inOrder(pod, list, one), inOrder(pod, list, another)];
      expect(seen(a, pod)).toEqual(seen(b, pod));
      const has = allContainers(a).some(({ name }) => name === 'rolechain');
      expect([a, b].map(sidecarStartsFirst)).toEqual([has, has]);
      // A pod that gets no sidecar has nothing to wait for.
      expect([a, b].map((one) => !has || proxyStartsFirst(one))).toEqual([true, true]);
    }),
    { numRuns: 200 },
  );
});

const place = fc.record({ at: fc.nat({ max: 4 }), ours: policy });

test("the other webhooks' containers are the same wherever ours stands among them", () => {
  const shuffled = others.chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));
  const policies = fc.array(policy, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(asking, shuffled, policies, place, place, (pod, list, theirs, one, another) => {
      const [a, b] = [one, another].map(({ at, ours }) =>
        seenOfOthers(amid(pod, list, theirs, { at: Math.min(at, list.length), ours }), pod),
      );
      expect(a).toEqual(b);
    }),
    { numRuns: 200 },
  );
});
