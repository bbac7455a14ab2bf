/**
 * A model of the Vault agent injector, written from what its source does (hashicorp/vault-k8s agent-inject/agent,
 * agent.go: Patch; container_sidecar.go): once, for pods that ask by annotation, vault-agent-init in front of all init
 * containers or behind them, vault-agent behind the containers, and a mount in every container that it finds, other
 * sidecars included. It copies the first mount of an EKS token that it sees. It leaves out Vault's AWS login and the
 * copying of other mounts. Only for tests.
 */
import { fieldVariable, type ModelContainer, type ModelPod, type Mount, type Variable } from './pod.ts';

const PREFIX = 'vault.hashicorp.com';
const KEYS = {
  inject: `${PREFIX}/agent-inject`,
  status: `${PREFIX}/agent-inject-status`,
  initFirst: `${PREFIX}/agent-init-first`,
} as const;

/** What a pod writes to get the agent, in front of its own init containers. */
export const VAULT_ANNOTATIONS = { [KEYS.inject]: 'true', [KEYS.initFirst]: 'true', [`${PREFIX}/role`]: 'app' };

/** The pod as the injector leaves it; the input stays as it is. */
export function vaultMutate(pod: ModelPod): ModelPod {
  const annotations = pod.metadata.annotations ?? {};
  if (annotations[KEYS.inject] !== 'true' || annotations[KEYS.status] === 'injected') return pod;
  const next = structuredClone(pod);
  const { metadata, spec } = next;
  const tokens = tokenMounts(next);
  const inits = spec.initContainers ?? [];
  const init = agent('vault-agent-init', 'home-init', tokens);
  for (const container of [...spec.containers, ...inits]) {
    container.volumeMounts = [...(container.volumeMounts ?? []), SECRETS];
  }
  spec.initContainers = annotations[KEYS.initFirst] === 'true' ? [init, ...inits] : [...inits, init];
  spec.containers.push(agent('vault-agent', 'home-sidecar', tokens));
  const memory = ['home-init', 'home-sidecar', SECRETS.name].map((name) => ({ name, emptyDir: { medium: 'Memory' } }));
  spec.volumes = [...(spec.volumes ?? []), ...memory];
  metadata.annotations = { ...annotations, [KEYS.status]: 'injected' };
  return next;
}

const SECRETS: Mount = { name: 'vault-secrets', mountPath: '/vault/secrets' };

/** The API's token and an EKS token, as the first of the pod's containers that have them. */
function tokenMounts({ spec }: ModelPod): Mount[] {
  const mounts = spec.containers.flatMap(({ volumeMounts }) => volumeMounts ?? []);
  return ['serviceaccount', 'eks.amazonaws.com'].flatMap((part) => {
    const found = mounts.find(({ mountPath }) => mountPath.includes(part));
    return found ? [{ name: found.name, mountPath: found.mountPath, readOnly: true }] : [];
  });
}

function agent(name: string, home: string, tokens: readonly Mount[]): ModelContainer {
  const env: Variable[] = [
    fieldVariable('POD_IP', 'status.podIP'),
    { name: 'VAULT_LOG_LEVEL', value: 'info' },
    { name: 'VAULT_CONFIG', value: Buffer.from('{"auto_auth":{}}').toString('base64') },
  ];
  const volumeMounts = [{ name: home, mountPath: '/home/vault' }, ...tokens, SECRETS];
  return { name, image: 'registry.example/vault:1.21', command: ['/bin/sh', '-ec'], env, volumeMounts };
}
