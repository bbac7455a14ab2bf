/**
 * A model of the Vault agent injector, written from what its source does (hashicorp/vault-k8s v1.7.6, agent-inject/agent,
 * agent.go: New, Patch, serviceaccount, getAwsIamTokenVolume, getAwsEnvsFromContainer, copyVolumeMounts, setShareProcessNamespace;
 * container_sidecar.go, container_init_sidecar.go, container_env.go): once, for pods that ask by annotation,
 * vault-agent-init in front of all init containers or behind them, vault-agent behind the containers, and a mount in every
 * container that it finds, other sidecars included. A pod without a token of the API in any container is refused. With
 * `auth-type: aws` the agents get EKS' mount and variables as they are found. Only for tests.
 */
import {
  allContainers,
  type Draft,
  type DraftContainer,
  type DraftPod,
  type EnvVar,
  type VolumeMount,
} from '@rolechain/kit/pod.ts';
import { fieldVariable, Refused } from '@rolechain/kit/models/shared.ts';

const PREFIX = 'vault.hashicorp.com';
const KEYS = {
  inject: `${PREFIX}/agent-inject`,
  status: `${PREFIX}/agent-inject-status`,
  initFirst: `${PREFIX}/agent-init-first`,
  authType: `${PREFIX}/auth-type`,
  copyMounts: `${PREFIX}/agent-copy-volume-mounts`,
  shareProcesses: `${PREFIX}/agent-share-process-namespace`,
} as const;

/** What a pod writes to get the agent, in front of its own init containers. */
export const VAULT_ANNOTATIONS = { [KEYS.inject]: 'true', [KEYS.initFirst]: 'true', [`${PREFIX}/role`]: 'app' };
/** To log in by AWS, behind its own init containers. */
export const VAULT_AWS = { [KEYS.inject]: 'true', [KEYS.initFirst]: 'false', [KEYS.authType]: 'aws' };
export const VAULT_COPY_MOUNTS = KEYS.copyMounts;

/** The pod as the injector leaves it; the input stays as it is. Throws `Refused`. */
export function vaultMutate(pod: DraftPod): DraftPod {
  const annotations = pod.metadata.annotations ?? {};
  if (annotations[KEYS.inject] !== 'true' || annotations[KEYS.status] === 'injected') return pod;
  const next = structuredClone(pod);
  const { metadata, spec } = next;
  const found = findings(pod);
  const inits = spec.initContainers ?? [];
  for (const container of [...spec.containers, ...inits]) {
    container.volumeMounts = [...(container.volumeMounts ?? []), SECRETS];
  }
  const home = (name: string): Draft<VolumeMount> => ({ name, mountPath: '/home/vault' });
  const init = agent('vault-agent-init', [home('home-init'), found.token], found);
  spec.initContainers = annotations[KEYS.initFirst] === 'true' ? [init, ...inits] : [...inits, init];
  spec.containers.push(agent('vault-agent', [found.token, home('home-sidecar')], found));
  const memory = ['home-init', 'home-sidecar', SECRETS.name].map((name) => ({ name, emptyDir: { medium: 'Memory' } }));
  spec.volumes = [...(spec.volumes ?? []), ...memory];
  const shares = annotations[KEYS.shareProcesses];
  if (shares !== undefined) spec.shareProcessNamespace = shares === 'true';
  metadata.annotations = { ...annotations, [KEYS.status]: 'injected' };
  return next;
}

const SECRETS: Draft<VolumeMount> = { name: 'vault-secrets', mountPath: '/vault/secrets' };

interface Findings {
  readonly token: Draft<VolumeMount>;
  readonly aws: readonly Draft<VolumeMount>[];
  readonly copied: readonly Draft<VolumeMount>[];
  readonly env: readonly Draft<EnvVar>[];
}

/** What it looks for in the pod as it is: in the ordinary containers alone, but for the mounts that it is told to copy. */
function findings(pod: DraftPod): Findings {
  const { containers } = pod.spec;
  const annotations = pod.metadata.annotations ?? {};
  const mounts = containers.flatMap(({ volumeMounts }) => volumeMounts ?? []);
  const byPath = (part: string): Draft<VolumeMount>[] => {
    const found = mounts.find(({ mountPath }) => mountPath.includes(part));
    return found ? [{ name: found.name, mountPath: found.mountPath, readOnly: true }] : [];
  };
  const [token] = byPath('serviceaccount');
  if (!token) throw new Refused('error creating new agent sidecar: failed to find service account volume mount');
  const isAws = annotations[KEYS.authType] === 'aws';
  const copied = allContainers(pod)
    .filter(({ name }) => name === annotations[KEYS.copyMounts])
    .flatMap(({ volumeMounts }) => volumeMounts ?? [])
    .filter(({ mountPath }) => !mountPath.toLowerCase().includes('serviceaccount'));
  return { token, aws: isAws ? byPath('eks.amazonaws.com') : [], copied, env: isAws ? awsVariables(containers) : [] };
}

/** From a map, whose order is Go's own; by value alone. */
function awsVariables(containers: readonly DraftContainer[]): Draft<EnvVar>[] {
  const names = ['AWS_DEFAULT_REGION', 'AWS_REGION', 'AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'];
  const all = containers.flatMap(({ env }) => env ?? []);
  return names.flatMap((name) => {
    const found = all.find((variable) => variable.name === name);
    return found ? [{ name, value: found.value ?? '' }] : [];
  });
}

function agent(
  name: string,
  first: readonly Draft<VolumeMount>[],
  { aws, copied, env: found }: Findings,
): DraftContainer {
  const env: Draft<EnvVar>[] = [
    fieldVariable('NAMESPACE', 'metadata.namespace'),
    fieldVariable('HOST_IP', 'status.hostIP'),
    fieldVariable('POD_IP', 'status.podIP'),
    { name: 'VAULT_LOG_LEVEL', value: 'info' },
    { name: 'VAULT_LOG_FORMAT', value: 'standard' },
    { name: 'VAULT_CONFIG', value: Buffer.from('{"auto_auth":{}}').toString('base64') },
    ...found,
  ];
  const volumeMounts = [...first, ...aws, SECRETS, ...copied];
  return { name, image: 'registry.example/vault:1.21', command: ['/bin/sh', '-ec'], env, volumeMounts };
}
