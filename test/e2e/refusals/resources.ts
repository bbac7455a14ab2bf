/** Resources of the sidecar that it can't have: by annotations, and by a LimitRange. */
import { ARN } from '../roles.ts';
import { TYPED, WITHIN, type Refusal } from './refusal.ts';

const resources = (name: string, pod: Readonly<Record<string, string>>, says: string): Refusal => ({
  name,
  annotation: ARN,
  pod,
  reason: 'SidecarResourcesInvalid',
  says: `An annotation of the pod or of its Namespace asks for resources that the sidecar cannot have: ${says}. Correct it.`,
  atPod: true,
});

export const RESOURCES: readonly Refusal[] = [
  resources(
    'sidecar-resources-that-are-no-quantity',
    { 'rolechain.io/sidecar-memory-limit': 'lots' },
    `rolechain.io/sidecar-memory-limit on the Pod is "lots", but takes a quantity like 64Mi; ${TYPED}`,
  ),
  resources(
    'too-little-memory-for-the-sidecar',
    { 'rolechain.io/sidecar-memory-limit': '16Mi' },
    `rolechain.io/sidecar-memory-limit on the Pod is "16Mi", less than 32Mi; ${WITHIN}`,
  ),
  resources(
    'a-disk-that-rotated-logs-fill',
    { 'rolechain.io/sidecar-ephemeral-storage-limit': '50Mi' },
    `rolechain.io/sidecar-ephemeral-storage-limit on the Pod is "50Mi", less than 64Mi; ${WITHIN}`,
  ),
  resources(
    'a-sidecar-limit-below-its-request',
    { 'rolechain.io/sidecar-cpu-request': '2', 'rolechain.io/sidecar-cpu-limit': '1' },
    'rolechain.io/sidecar-cpu-limit on the Pod is 1, below the request of 2 (on the Pod); raise it, or set rolechain.io/sidecar-cpu-request to no more (FieldConflict)',
  ),
  resources(
    'a-sidecar-request-above-the-default-limit',
    { 'rolechain.io/sidecar-memory-request': '1Gi' },
    'rolechain.io/sidecar-memory-request on the Pod is 1Gi, above the limit of 64Mi (the default); lower it, or set rolechain.io/sidecar-memory-limit to no less (FieldConflict)',
  ),
  {
    ...resources(
      'sidecar-resources-of-the-namespace',
      {},
      `rolechain.io/sidecar-cpu-limit on the Namespace is "much", but takes a quantity like 500m; ${TYPED}`,
    ),
    namespace: 'small',
  },
  {
    name: 'a-limit-range-without-room',
    namespace: 'tight',
    annotation: ARN,
    reason: 'LimitRangeTooTight',
    says: `A LimitRange of the namespace leaves no room for the sidecar's resources: LimitRange limits has a maximum of memory per Container of 24Mi, and the sidecar needs a limit of at least 32Mi. Ask the owner of the namespace to change it, correct the annotation where one asks for too much, or leave the pod alone with the annotation rolechain.io/inject: "false".`,
    atPod: true,
  },
];
