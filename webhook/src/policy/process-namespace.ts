/** What containers see of each other's processes, and so of each other's tokens (contract, section 2). */
import { FOREIGN_KEYS } from '@rolechain/shared';
import type { ContainerOutcome } from './container-outcomes.ts';
import { truncate } from '../objects/truncate.ts';
import type { Pod } from '../objects/pod.ts';
import { asksForSharedProcesses } from '../injection/vault.ts';

/**
 * The field or annotation by which the pod's processes see one another; with the host's namespace, those of other pods too.
 * Vault's injector may be called after us: what its annotation asks for counts before it is done.
 */
export function sharesProcesses(pod: Pod): string | undefined {
  if (pod.spec.hostPID === true) return 'hostPID';
  if (pod.spec.shareProcessNamespace === true) return 'shareProcessNamespace';
  return asksForSharedProcesses(pod) ? FOREIGN_KEYS.vaultShareProcesses : undefined;
}

/**
 * A container that holds no role, for whatever reason, is a party: it may come by what the others hold. `field` is what
 * `sharesProcesses` found.
 */
export function processWarnings(field: string | undefined, containers: readonly ContainerOutcome[]): string[] {
  const without = containers.filter(({ roles }) => roles.length === 0).map(({ name }) => name);
  if (field === undefined || without.length === 0 || without.length === containers.length) return [];
  return [
    `with ${field} a container that holds no role may read the token of those that do [SharedProcessNamespace]: ${truncate(without)}`,
  ];
}
