/** What containers see of each other's processes, and so of each other's tokens (contract, section 2). */
import type { ContainerOutcome } from './containers.ts';
import { few } from './few.ts';
import type { Pod } from './pod.ts';

/** True where the pod's processes see one another; with the host's namespace, those of other pods too. */
export function sharesProcesses({ spec }: Pod): boolean {
  return spec.shareProcessNamespace === true || spec.hostPID === true;
}

/** A container that holds no role, for whatever reason, is a party: it may come by what the others hold. */
export function processWarnings(pod: Pod, containers: readonly ContainerOutcome[]): string[] {
  const without = containers.filter(({ roles }) => roles.length === 0).map(({ name }) => name);
  if (!sharesProcesses(pod) || without.length === 0 || without.length === containers.length) return [];
  const field = pod.spec.hostPID === true ? 'hostPID' : 'shareProcessNamespace';
  return [
    `with ${field} a container that holds no role may read the token of those that do [SharedProcessNamespace]: ${few(without)}`,
  ];
}
