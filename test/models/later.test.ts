/**
 * Injectors that work on every container, in front of ours and behind it. Called again, ours takes out of its sidecar and of
 * containers without a role what they put there, so that every order comes to the same; with `Never` and behind ours it
 * can't, and docs/webhook-order.md says what is left then.
 */
import { MESH_CONTAINERS, SIDECAR } from '@rolechain/shared';
import { SETTINGS, TARGET, account, call } from '@rolechain/webhook/testing';
import { callWebhooks } from './apiserver.ts';
import { azureMutate, daprMutate } from './later.ts';
import { allContainers, type DraftContainer, type DraftPod } from '@rolechain/kit/pod.ts';
import { serviceAccountPlugin } from '@rolechain/kit/models/shared.ts';
import { sidecarStartsFirst } from './seen.ts';
import { VAULT_ANNOTATIONS, vaultMutate } from './vault.ts';

const settings = { ...SETTINGS, meshContainers: MESH_CONTAINERS };
const app = { name: 'app', image: 'app:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] };
const plain: DraftPod = {
  metadata: { name: 'p', annotations: {} },
  spec: {
    serviceAccountName: 'orders',
    containers: [app],
    initContainers: [{ name: 'migrate' }],
    volumes: [{ name: 'data' }],
  },
};
const asking = (annotations: Record<string, string>): DraftPod => ({ ...plain, metadata: { name: 'p', annotations } });
const COPYING = asking({ ...VAULT_ANNOTATIONS, 'vault.hashicorp.com/agent-copy-volume-mounts': 'app' });

type Policy = 'IfNeeded' | 'Never';
function admitted(
  pod: DraftPod,
  mutate: (pod: DraftPod) => DraftPod,
  ours: Policy,
  theirs: Policy,
  first: boolean,
): DraftPod {
  const own = { reinvocationPolicy: ours, mutate: (p: DraftPod) => call(p, account(), settings).pod };
  const other = { reinvocationPolicy: theirs, mutate };
  return callWebhooks(pod, first ? [own, other] : [other, own], serviceAccountPlugin);
}
const named = (pod: DraftPod, name: string): DraftContainer => allContainers(pod).find((one) => one.name === name)!;
/** What of a container another order must not change: variables and mounts, in whatever order they came. */
const seen = (pod: DraftPod) =>
  Object.fromEntries(
    allContainers(pod)
      .map(({ name, env = [], volumeMounts = [] }) => {
        // The plugin's mount comes and goes with the calls.
        const mounts = volumeMounts.filter((mount) => name !== SIDECAR.name || mount.name !== 'kube-api-access');
        return [name, [env, mounts].map((list) => list.map((one) => JSON.stringify(one)).sort())] as const;
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const KINDS = [
  ['Azure workload identity and its proxy', azureMutate, plain],
  ['Dapr', daprMutate, plain],
  ['Vault that copies the mounts of a container with a role', vaultMutate, COPYING],
] as const;

describe.each(KINDS)('%s', (_name, mutate, pod) => {
  test('ours called again: the same in every order', () => {
    const reference = admitted(pod, mutate, 'IfNeeded', 'IfNeeded', false);
    const ours = seen(admitted(plain, (p) => p, 'IfNeeded', 'Never', true))[SIDECAR.name];
    for (const theirs of ['IfNeeded', 'Never'] as const) {
      for (const first of [true, false]) {
        const result = admitted(pod, mutate, 'IfNeeded', theirs, first);
        const label = `theirs ${theirs}, ours ${first ? 'first' : 'last'}`;
        expect({ label, ...seen(result), [SIDECAR.name]: 0 }).toEqual({ label, ...seen(reference), [SIDECAR.name]: 0 });
        expect([label, sidecarStartsFirst(result)]).toEqual([label, true]);
        // Behind ours and called again itself, it writes into the sidecar once more, and nobody comes after it.
        if (theirs === 'IfNeeded' && first) continue;
        expect([label, seen(result)[SIDECAR.name]]).toEqual([label, ours]);
      }
    }
  });
});

test('Azure behind ours, both called again: the last word is not ours, and the sidecar keeps its variables', () => {
  const { env = [] } = named(admitted(plain, azureMutate, 'IfNeeded', 'IfNeeded', true), SIDECAR.name);
  expect(env.map(({ name }) => name)).toContain('AZURE_CLIENT_ID');
});

describe('ours with Never, and theirs behind it', () => {
  const last = (mutate: (pod: DraftPod) => DraftPod, pod = plain) => admitted(pod, mutate, 'Never', 'Never', true);

  test("Azure: the sidecar keeps its variables and its token's mount", () => {
    const { env = [], volumeMounts = [] } = named(last(azureMutate), SIDECAR.name);
    expect(env.map(({ name }) => name)).toContain('AZURE_CLIENT_ID');
    expect(volumeMounts.map(({ name }) => name)).toContain('azure-identity-token');
  });

  test('Dapr: daprd holds no role', () => {
    expect(JSON.stringify(named(last(daprMutate), 'daprd').env ?? [])).not.toContain('28173');
    const again = admitted(plain, daprMutate, 'IfNeeded', 'Never', true);
    expect(JSON.stringify(named(again, 'daprd').env)).toContain('28173');
  });

  test("Vault: the agent keeps the copy of a role's mount", () => {
    const tokens = (pod: DraftPod) =>
      named(pod, 'vault-agent').volumeMounts?.filter(({ name }) => name === SIDECAR.tokenVolume);
    expect(tokens(last(vaultMutate, COPYING))).toHaveLength(1);
    expect(tokens(admitted(COPYING, vaultMutate, 'IfNeeded', 'Never', true))).toEqual([]);
  });
});

test('a pod that Vault is asked to give one process namespace, with two roles: refused in every order', () => {
  const two = account(JSON.stringify({ roleARN: TARGET, roles: { audit: { roleARN: TARGET } } }));
  const shared = asking({
    ...VAULT_ANNOTATIONS,
    'vault.hashicorp.com/agent-share-process-namespace': 'true',
    'rolechain.io/container-roles': 'app=default+audit',
  });
  // By the annotation, and by what Vault makes of it.
  for (const pod of [shared, vaultMutate(serviceAccountPlugin(shared))]) {
    expect(call(pod, two, settings).decision).toMatchObject({ outcome: 'refused', reason: 'SharedProcessNamespace' });
  }
  const { annotations = {} } = shared.metadata;
  for (const one of ['vault.hashicorp.com/agent-share-process-namespace', 'vault.hashicorp.com/agent-inject']) {
    const off = { ...annotations, [one]: 'false' };
    expect(call(asking(off), two, settings).decision.outcome).toBe('injected');
  }
});
