/**
 * Beside the EKS webhook in every order: before and after it, with re-invocation and without, in both of
 * its modes. Environment and mounts of every container must come out the same.
 */
import fc from 'fast-check';
import { call, SETTINGS, account } from '@rolechain/webhook/testing';
import { callWebhooks, type ModelWebhook } from './apiserver.ts';
import { EKS_ROLE, eksMutate, type EksOptions, type ModelContainer, type ModelPod } from './eks-webhook.ts';
import { arbitraryPod, withRoleAnnotations } from './pods.ts';

const POLICIES = ['IfNeeded', 'Never'] as const;
const user = account(undefined, { 'eks.amazonaws.com/role-arn': EKS_ROLE });

/** What the ServiceAccount plugin does at each round: a token mount for every container that has none. */
function serviceAccountPlugin(pod: ModelPod): ModelPod {
  const next = structuredClone(pod);
  const path = '/var/run/secrets/kubernetes.io/serviceaccount';
  for (const container of [...(next.spec.initContainers ?? []), ...next.spec.containers]) {
    if (container.volumeMounts?.some(({ mountPath }) => mountPath === path)) continue;
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name: 'kube-api-access', mountPath: path, readOnly: true },
    ];
  }
  return next;
}

interface Outcome {
  readonly label: string;
  readonly pod: ModelPod;
}

function everyOrder(pod: ModelPod, eks: EksOptions, who = user): Outcome[] {
  return POLICIES.flatMap((eksPolicy) =>
    POLICIES.flatMap((ourPolicy) => {
      const ours: ModelWebhook<ModelPod> = {
        reinvocationPolicy: ourPolicy,
        mutate: (p) => call(p, who, SETTINGS, () => 0.5).pod,
      };
      const theirs: ModelWebhook<ModelPod> = { reinvocationPolicy: eksPolicy, mutate: (p) => eksMutate(p, eks) };
      const label = `EKS ${eksPolicy}, ours ${ourPolicy}`;
      return [
        { label: `${label}, ours last`, pod: callWebhooks(pod, [theirs, ours], serviceAccountPlugin) },
        { label: `${label}, ours first`, pod: callWebhooks(pod, [ours, theirs], serviceAccountPlugin) },
      ];
    }),
  );
}

/** Environment and mounts of every container but the sidecar, without regard to order. */
function seen(pod: ModelPod): Record<string, unknown> {
  const all: ModelContainer[] = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const sorted = (list: unknown[] | null | undefined): string[] =>
    (list ?? []).map((item) => JSON.stringify(item)).sort();
  return Object.fromEntries(
    all
      .filter(({ name }) => name !== 'rolechain')
      .map(({ name, env, volumeMounts }) => [name, [sorted(env), sorted(volumeMounts)]]),
  );
}

const eksOptions = fc.record({
  mode: fc.constantFrom('irsa' as const, 'pod-identity' as const),
  region: fc.constantFrom('', SETTINGS.region),
  regionalSTS: fc.boolean(),
});

test('environment and mounts are the same in every order of the two webhooks', () => {
  fc.assert(
    fc.property(arbitraryPod, eksOptions, (pod, options) => {
      const outcomes = everyOrder(pod, options);
      // A user's own pair of Regions in the place and form of EKS's is taken for EKS's: the reference says so.
      for (const { label, pod: result } of outcomes) {
        expect({ label, ...seen(result) }).toEqual({ label, ...seen(outcomes[0]?.pod ?? pod) });
      }
    }),
    { numRuns: 300 },
  );
});

const twoRoles = account(
  JSON.stringify({ roleARN: EKS_ROLE, roles: { audit: { roleARN: EKS_ROLE, webIdentity: 'only' } } }),
  { 'eks.amazonaws.com/role-arn': EKS_ROLE },
);

test('so they are with several roles, and tokens in the environment', () => {
  const asked = arbitraryPod.chain((pod) => withRoleAnnotations(pod, ['default', 'audit']));
  fc.assert(
    fc.property(asked, eksOptions, (pod, options) => {
      const [first, ...others] = everyOrder(pod, options, twoRoles);
      for (const { label, pod: result } of others) {
        expect({ label, ...seen(result) }).toEqual({ label, ...seen(first?.pod ?? pod) });
      }
    }),
    { numRuns: 100 },
  );
});

test.each(['irsa', 'pod-identity'] as const)(
  'no variable or mount of the EKS webhook is left in a container that holds a role (%s)',
  (mode) => {
    const pod: ModelPod = { metadata: {}, spec: { containers: [{ name: 'app' }], initContainers: [{ name: 'init' }] } };
    for (const { label, pod: result } of everyOrder(pod, { mode, region: SETTINGS.region, regionalSTS: true })) {
      const text = JSON.stringify(seen(result));
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
  const pod: ModelPod = {
    metadata: { annotations: { 'rolechain.io/skip-containers': 'other' } },
    spec: { containers: [{ name: 'app' }, { name: 'other' }] },
  };
  for (const { pod: result } of everyOrder(pod, { mode: 'irsa', region: '', regionalSTS: false })) {
    const names = result.spec.containers[1]?.env?.map(({ name }) => name);
    expect(names).toEqual(['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE']);
  }
});
