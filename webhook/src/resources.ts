import { RESOURCES } from '@rolechain/shared';
import type { Container, Pod, Resources } from './pod.ts';
import { parseQuantity } from './quantity.ts';

/**
 * Resources of a new sidecar beside these containers. None where the pod has pod-level resources (the
 * API refuses requests that exceed those: validation.go, validatePodResourceConsistency); requests
 * equal to limits where the pod is Guaranteed, so that it stays so; a CPU limit exactly where every
 * other container has one (a namespace's quota may demand it).
 */
export function sidecarResources(pod: Pod, others: readonly Container[]): Resources {
  if (isPresent(pod.spec.resources)) return undefined;
  const { cpuRequest, memoryRequest, memoryLimit, cpuLimit, guaranteedCPU } = RESOURCES;
  if (others.length > 0 && others.every(isGuaranteed)) {
    const amounts = { cpu: guaranteedCPU, memory: memoryLimit };
    return { limits: amounts, requests: { ...amounts } };
  }
  const limited = others.length > 0 && others.every(({ resources }) => resources?.limits?.cpu !== undefined);
  return {
    limits: limited ? { cpu: cpuLimit, memory: memoryLimit } : { memory: memoryLimit },
    requests: { cpu: cpuRequest, memory: memoryRequest },
  };
}

function isPresent(resources: Resources): boolean {
  return Object.keys(resources?.limits ?? {}).length > 0 || Object.keys(resources?.requests ?? {}).length > 0;
}

/** As the kubelet judges one container (pkg/apis/core/v1/helper/qos): limits for both, requests equal or absent. */
function isGuaranteed({ resources }: Container): boolean {
  return ['cpu', 'memory'].every((name) => {
    const limit = resources?.limits?.[name];
    if (limit === undefined || parseQuantity(limit) === 0) return false;
    const request = resources?.requests?.[name] ?? limit;
    return parseQuantity(request) === parseQuantity(limit);
  });
}
