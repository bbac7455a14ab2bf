/** Vault's injector beside the EKS webhook and ours, in each order: what its agents have, and when it refuses the pod. */
import { MESH_CONTAINERS } from '@rolechain/shared';
import { SETTINGS, account, call } from '@rolechain/webhook/testing';
import { callWebhooks, type ModelWebhook } from './apiserver.ts';
import { EKS_ROLE, eksMutate, type EksMode } from '@rolechain/kit/models/eks-webhook.ts';
import { allContainers, type DraftContainer, type DraftPod } from '@rolechain/kit/pod.ts';
import { Refused, serviceAccountPlugin } from '@rolechain/kit/models/shared.ts';
import { VAULT_AWS, VAULT_ANNOTATIONS, VAULT_COPY_MOUNTS, vaultMutate } from './vault.ts';

type Policy = 'IfNeeded' | 'Never';
const SETTINGS_MESH = { ...SETTINGS, meshContainers: MESH_CONTAINERS };
const who = account(undefined, { 'eks.amazonaws.com/role-arn': EKS_ROLE });

interface Rules {
  readonly mode?: EksMode;
  readonly eks?: Policy;
  readonly ours?: Policy;
  readonly mesh?: readonly string[];
}

/** `order`: E is EKS, V Vault, R rolechain. */
function admit(
  order: string,
  pod: DraftPod,
  { mode = 'irsa', eks = 'Never', ours = 'IfNeeded', mesh = MESH_CONTAINERS }: Rules = {},
): DraftPod {
  const webhooks: Record<string, ModelWebhook<DraftPod>> = {
    E: { reinvocationPolicy: eks, mutate: (p) => eksMutate(p, { mode, region: SETTINGS.region, regionalSTS: false }) },
    V: { reinvocationPolicy: 'Never', mutate: vaultMutate },
    R: { reinvocationPolicy: ours, mutate: (p) => call(p, who, { ...SETTINGS, meshContainers: mesh }).pod },
  };
  return callWebhooks(
    pod,
    Array.from(order, (letter) => webhooks[letter]!),
    serviceAccountPlugin,
  );
}

const pod = (annotations: Record<string, string>, spec: object = {}): DraftPod => ({
  metadata: { name: 'p', annotations },
  spec: { serviceAccountName: 'orders', containers: [{ name: 'app', image: 'app:1' }], ...spec },
});
const named = (one: DraftPod, name: string): DraftContainer =>
  allContainers(one).find((container) => container.name === name)!;
const AGENTS = ['vault-agent-init', 'vault-agent'];

const IRSA = {
  pair: [
    { name: 'AWS_ROLE_ARN', value: EKS_ROLE },
    { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token' },
  ],
  mount: { name: 'aws-iam-token', mountPath: '/var/run/secrets/eks.amazonaws.com/serviceaccount', readOnly: true },
};
const POD_IDENTITY = {
  pair: [
    { name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI', value: 'http://169.254.170.23/v1/credentials' },
    {
      name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
      value: '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token',
    },
  ],
  mount: {
    name: 'eks-pod-identity-token',
    mountPath: '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount',
    readOnly: true,
  },
};
const hasIdentity = (container: DraftContainer, { pair, mount }: typeof IRSA): boolean => {
  const variables = (container.env ?? []).filter(({ name }) => pair.some((variable) => variable.name === name));
  const mounts = (container.volumeMounts ?? []).filter(({ name }) => name === mount.name);
  expect(new Set((container.env ?? []).map(({ name }) => name)).size).toBe(container.env?.length);
  if (variables.length + mounts.length === 0) return false;
  expect(variables).toEqual(pair);
  expect(mounts).toEqual([mount]);
  return true;
};

const ORDERS = ['ERV', 'EVR', 'REV', 'RVE', 'VER', 'VRE'];
const POLICIES = ['IfNeeded', 'Never'] as const;

test.each(ORDERS.flatMap((order) => POLICIES.map((eks) => [order, eks] as const)))(
  "with auth-type: aws Vault's agents have the identity that EKS gives (%s, EKS %s)",
  (order, eks) => {
    const irsa = admit(order, pod(VAULT_AWS), { eks });
    for (const name of AGENTS) expect([name, hasIdentity(named(irsa, name), IRSA)]).toEqual([name, true]);
    const podIdentity = admit(order, pod(VAULT_AWS), { eks, mode: 'pod-identity' });
    for (const name of AGENTS)
      expect([name, hasIdentity(named(podIdentity, name), POD_IDENTITY)]).toEqual([name, true]);
  },
);

test('a third call changes nothing', () => {
  const done = admit('ERV', pod(VAULT_AWS));
  expect(call(done, who, SETTINGS_MESH).pod).toEqual(done);
});

test.each([
  ["the injector's own default in the place of the annotation", { 'vault.hashicorp.com/agent-inject': 'true' }],
  ['another way to log in', { ...VAULT_AWS, 'vault.hashicorp.com/auth-type': 'kubernetes' }],
  ['an agent that EKS is told to skip', { ...VAULT_AWS, 'eks.amazonaws.com/skip-containers': AGENTS.join() }],
  ['an agent that is to be left alone', { ...VAULT_AWS, 'rolechain.io/skip-containers': AGENTS.join() }],
])('not with %s', (_name, annotations) => {
  const admitted = admit('REV', pod(annotations));
  for (const name of AGENTS) expect(JSON.stringify(named(admitted, name))).not.toContain('AWS_ROLE_ARN');
});

test('nor where the EKS webhook is not there', () => {
  expect(JSON.stringify(named(admit('RV', pod(VAULT_AWS)), 'vault-agent'))).not.toContain('AWS_ROLE_ARN');
});

test("EKS' mount stays for Vault in a container that holds a role, its variables don't", () => {
  const app = named(admit('ER', pod(VAULT_ANNOTATIONS)), 'app');
  expect(app.volumeMounts).toContainEqual(IRSA.mount);
  expect(JSON.stringify(app.env)).not.toMatch(/AWS_ROLE_ARN|WEB_IDENTITY/);
  const without = named(admit('ER', pod({ 'vault.hashicorp.com/agent-inject': 'false' })), 'app');
  expect(without.volumeMounts).not.toContainEqual(IRSA.mount);
});

describe('a pod without a token of the API', () => {
  const bare = pod(VAULT_ANNOTATIONS, { automountServiceAccountToken: false });
  const isRefused = (order: string): boolean => {
    try {
      admit(order, bare);
      return false;
    } catch (error) {
      expect(error).toBeInstanceOf(Refused);
      return true;
    }
  };

  test.each(['ERV', 'EVR'])('is taken by Vault with EKS in front of both (%s), as without rolechain', (order) =>
    expect([isRefused(order), isRefused('EV')]).toEqual([false, false]),
  );

  test.each(['VER', 'VRE', 'RVE'])('is refused by Vault in front of EKS (%s), as without rolechain', (order) =>
    expect([isRefused(order), isRefused('VE')]).toEqual([true, true]),
  );

  test('is refused with ours in front of both, unless another container has the mount of EKS', () => {
    expect(isRefused('REV')).toBe(true);
    const annotations = { ...VAULT_ANNOTATIONS, 'rolechain.io/skip-containers': 'other' };
    const two = { ...bare.spec, containers: [{ name: 'app' }, { name: 'other' }] };
    const admitted = admit('REV', pod(annotations, two));
    expect(named(admitted, 'vault-agent').volumeMounts).toContainEqual(IRSA.mount);
  });
});

test("a role's token that Vault copies into its agents goes with our second call", () => {
  const copying = pod({ ...VAULT_ANNOTATIONS, [VAULT_COPY_MOUNTS]: 'app' });
  const tokens = (ours: Policy): string[] =>
    AGENTS.flatMap((name) => named(admit('ERV', copying, { ours }), name).volumeMounts ?? [])
      .map(({ name }) => name)
      .filter((name) => name === 'rolechain');
  expect([tokens('IfNeeded'), tokens('Never')]).toEqual([[], ['rolechain', 'rolechain']]);
});

test("Vault's agents hold the role where the setting doesn't name them, and start behind the sidecar", () => {
  const mesh = MESH_CONTAINERS.filter((name) => !AGENTS.includes(name));
  for (const order of ORDERS) {
    const admitted = admit(order, pod(VAULT_AWS), { mesh });
    expect(admitted.spec.initContainers?.map(({ name }) => name)).toEqual(['rolechain', 'vault-agent-init']);
    for (const name of AGENTS) {
      const text = JSON.stringify(named(admitted, name).env);
      expect([order, name, text]).toEqual([order, name, expect.stringContaining('http://127.0.0.1:28173/')]);
      expect(text).not.toMatch(/AWS_ROLE_ARN|WEB_IDENTITY/);
    }
  }
});
