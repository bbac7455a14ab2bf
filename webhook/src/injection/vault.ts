/**
 * Beside Vault's agent injector, by its own rules (hashicorp/vault-k8s v1.7.6, agent-inject/agent/agent.go): it looks for
 * mounts in the containers that it finds. The first one whose path contains "serviceaccount" is the token with which its
 * agent logs in, and without one it refuses the pod (serviceaccount); with `auth-type: aws` its agent gets the first whose
 * path contains "eks.amazonaws.com" (getAwsIamTokenVolume) and the variables of IRSA (getAwsEnvsFromContainer). So EKS'
 * mounts stay where it may come, and what it can't copy from containers that hold a role is given to its agents. Pure.
 */
import { FOREIGN_KEYS, type EksWebhook } from '@rolechain/shared';
import { skippedByEks } from '../objects/eks-skip-containers.ts';
import { annotationOf, type Container, type EnvVar, type Pod, type VolumeMount } from '../objects/pod.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';

/** What the EKS webhook writes into a container: the pair of one of its modes, and the mount. */
export interface EksIdentity {
  readonly pair: readonly EnvVar[];
  readonly mount: VolumeMount;
}

/** What Go's strconv.ParseBool takes for true, which reads the annotation. */
const TRUE: readonly (string | undefined)[] = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const AGENTS: readonly string[] = ['vault-agent-init', 'vault-agent'];

/** Whether the pod asks for Vault's agent. */
export function asksForVault(pod: Pod): boolean {
  return TRUE.includes(annotationOf(pod, FOREIGN_KEYS.vaultInject));
}

/** Whether it asks that the pod's processes see one another, which Vault's injector may not have done yet (setShareProcessNamespace). */
export function asksForSharedProcesses(pod: Pod): boolean {
  return asksForVault(pod) && TRUE.includes(annotationOf(pod, FOREIGN_KEYS.vaultShareProcesses));
}

/**
 * What Vault's agents shall have: the base identity of the pod's account, where they log in by it and the EKS webhook was
 * here. Its volume tells in which mode; of the two it puts Pod Identity first.
 */
export function vaultIdentity(
  pod: Pod,
  account: ServiceAccount,
  { agentEndpoints, eks }: Pick<DecideSettings, 'agentEndpoints' | 'eks'>,
): EksIdentity | undefined {
  if (!asksForVault(pod) || annotationOf(pod, FOREIGN_KEYS.vaultAuthType) !== 'aws') return undefined;
  const volumes = new Set((pod.spec.volumes ?? []).map(({ name }) => name));
  const [irsa, podIdentity] = eks.injections;
  const [injection, first] = volumes.has(podIdentity.volume)
    ? [podIdentity, agentEndpoints[0]]
    : [irsa, account.annotations[FOREIGN_KEYS.eksRoleARN]];
  if (first === undefined || !volumes.has(injection.volume)) return undefined;
  const [name, tokenFile] = injection.pair;
  return {
    pair: [
      { name, value: first },
      { name: tokenFile, value: injection.tokenPath },
    ],
    mount: { name: injection.volume, mountPath: injection.mountPath, readOnly: true },
  };
}

/** Whether the EKS webhook would write into this container: one of Vault's agents that holds no role. */
export function isVaultAgent(
  pod: Pod,
  { name, roles, skipped }: { readonly name: string; readonly roles: readonly unknown[]; readonly skipped?: string },
  { keys }: EksWebhook,
): boolean {
  const leftAlone = skipped !== undefined && skipped !== 'MeshContainer';
  if (!AGENTS.includes(name) || roles.length > 0 || leftAlone) return false;
  return !skippedByEks(annotationOf(pod, keys.skipContainers)).includes(name);
}

/** The variables with that pair, as the EKS webhook adds it: not where either of its names is there. */
export function withPair(env: readonly EnvVar[], { pair }: EksIdentity): readonly EnvVar[] {
  return env.some(({ name }) => pair.some((variable) => variable.name === name)) ? env : [...env, ...pair];
}

/** The mount, as it adds it: not where one of its volume is there. */
export function missingMount({ volumeMounts }: Container, { mount }: EksIdentity): readonly VolumeMount[] {
  return (volumeMounts ?? []).some(({ name }) => name === mount.name) ? [] : [mount];
}
