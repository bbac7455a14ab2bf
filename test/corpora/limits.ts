/**
 * Namespaces with a LimitRange or a ResourceQuota, pods of every shape of resources, and what becomes of each pair
 * once a sidecar of 10m/32Mi with a limit of 64Mi is in it, of 500m CPU where all have such a limit, or of
 * 100m/64Mi in a Guaranteed pod. Figures are of one init container and one container, as nearly all pods of the
 * corpora have them: a pod counts the greater of the two beside the sidecar.
 */
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import type { PodObject } from '@rolechain/kit/pod.ts';

interface Resources {
  readonly requests?: Record<string, string>;
  readonly limits?: Record<string, string>;
}
const amounts = (cpu: string | undefined, memory: string): Record<string, string> => ({
  ...(cpu === undefined ? {} : { cpu }),
  memory,
});

/** Resources of every container of a pod; of `pod-level`, of the pod itself. */
const SHAPES = {
  none: undefined,
  burstable: { requests: amounts('50m', '64Mi'), limits: amounts(undefined, '128Mi') },
  limited: { requests: amounts('50m', '64Mi'), limits: amounts('200m', '128Mi') },
  guaranteed: { requests: amounts('100m', '128Mi'), limits: amounts('100m', '128Mi') },
  'pod-level': { requests: amounts('200m', '256Mi'), limits: amounts('500m', '512Mi') },
} as const satisfies Record<string, Resources | undefined>;
export type Shape = keyof typeof SHAPES;
export const SHAPE_NAMES = Object.keys(SHAPES) as Shape[];

/** The pod with resources of that shape. */
export function shaped(pod: PodObject, shape: Shape): PodObject {
  const resources = SHAPES[shape];
  if (!resources) return pod;
  if (shape === 'pod-level') return { ...pod, spec: { ...pod.spec, resources } };
  const lists = ['initContainers', 'containers'].map((list) => {
    return [list, ((pod.spec[list] ?? []) as object[]).map((container) => ({ ...container, resources }))];
  });
  return { ...pod, spec: { ...pod.spec, ...Object.fromEntries(lists) } };
}

/**
 * `fits`: accepted with the sidecar, too. `refused before`: the pod by itself does not fit. Else the words in which
 * the apiserver refuses the sidecar.
 */
export type Expected = 'fits' | 'refused before' | RegExp;

export interface Policy {
  readonly name: string;
  readonly objects: readonly { readonly kind: 'LimitRange' | 'ResourceQuota'; readonly spec: object }[];
  readonly expected: Readonly<Record<Shape, Expected>>;
  /** Annotations with which every pod fits that fits by itself. */
  readonly fitting: Readonly<Record<string, string>>;
}

const limitRange = (item: object): Policy['objects'] => [{ kind: 'LimitRange', spec: { limits: [item] } }];
const quota = (hard: Record<string, string>): Policy['objects'] => [{ kind: 'ResourceQuota', spec: { hard } }];
const sidecar = (wanted: Record<string, string>): Policy['fitting'] =>
  Object.fromEntries(Object.entries(wanted).map(([end, value]) => [`rolechain.io/sidecar-${end}`, value]));

export const POLICIES: readonly Policy[] = [
  {
    // The API takes a maximum for the default limit, and that for the default request: `none` becomes Guaranteed.
    name: 'limit-range-max',
    objects: limitRange({ type: 'Container', max: amounts('250m', '256Mi') }),
    expected: {
      none: 'fits',
      burstable: 'fits',
      limited: 'fits',
      guaranteed: 'fits',
      'pod-level': 'refused before',
    },
    fitting: sidecar({ 'cpu-limit': '250m' }),
  },
  {
    name: 'limit-range-min',
    objects: limitRange({ type: 'Container', min: amounts('20m', '48Mi') }),
    expected: {
      none: 'fits',
      burstable: 'fits',
      limited: 'fits',
      guaranteed: 'fits',
      'pod-level': 'fits',
    },
    fitting: sidecar({ 'cpu-request': '20m', 'memory-request': '48Mi' }),
  },
  {
    name: 'limit-range-ratio',
    objects: limitRange({ type: 'Container', maxLimitRequestRatio: amounts('4', '4') }),
    expected: {
      none: 'refused before',
      burstable: 'refused before',
      limited: 'fits',
      guaranteed: 'fits',
      'pod-level': 'refused before',
    },
    fitting: sidecar({ 'cpu-request': '125m' }),
  },
  {
    name: 'limit-range-defaults',
    objects: limitRange({
      type: 'Container',
      // As client-node calls the field `default`: by its own name it is left out.
      _default: amounts('200m', '128Mi'),
      defaultRequest: amounts('150m', '64Mi'),
    }),
    expected: {
      none: 'fits',
      burstable: 'fits',
      limited: 'fits',
      guaranteed: 'fits',
      // Each container gets the default request, the sidecar among them: 300m, and the pod has 200m.
      'pod-level': /must be greater than or equal to aggregate container requests of [34]\d0m/,
    },
    fitting: sidecar({ 'cpu-request': '10m', 'cpu-limit': '250m', 'memory-limit': '96Mi' }),
  },
  {
    name: 'limit-range-pod',
    objects: limitRange({ type: 'Pod', max: amounts('500m', '512Mi') }),
    expected: {
      none: 'refused before',
      burstable: 'refused before',
      limited: 'fits',
      guaranteed: 'fits',
      'pod-level': 'fits',
    },
    fitting: sidecar({ 'cpu-limit': '100m' }),
  },
  {
    name: 'quota',
    objects: quota({
      'requests.cpu': '1',
      'requests.memory': '1Gi',
      'limits.cpu': '1',
      'limits.memory': '1Gi',
    }),
    expected: {
      none: 'refused before',
      burstable: 'refused before',
      limited: 'fits',
      guaranteed: 'fits',
      'pod-level': 'fits',
    },
    fitting: sidecar({ 'cpu-limit': '250m' }),
  },
  {
    name: 'quota-tight',
    objects: quota({
      'requests.cpu': '300m',
      'requests.memory': '256Mi',
      'limits.cpu': '500m',
      'limits.memory': '512Mi',
    }),
    expected: {
      none: 'refused before',
      burstable: 'refused before',
      limited: /exceeded quota: quota-tight, requested: limits\.cpu=[79]00m/,
      guaranteed: 'fits',
      'pod-level': 'fits',
    },
    fitting: sidecar({ 'cpu-limit': '100m', 'memory-request': '64Mi' }),
  },
  {
    name: 'quota-requests',
    objects: quota({ 'requests.cpu': '55m', 'requests.memory': '128Mi' }),
    expected: {
      none: 'refused before',
      burstable: /exceeded quota: quota-requests, requested: requests\.cpu=60m/,
      limited: /exceeded quota: quota-requests, requested: requests\.cpu=60m/,
      guaranteed: 'refused before',
      'pod-level': 'refused before',
    },
    fitting: sidecar({ 'cpu-request': '5m' }),
  },
];

/** The objects of a policy in a namespace. */
export function policyObjects({ name, objects }: Policy, namespace: string): KubeObject[] {
  return objects.map(({ kind, spec }) => ({ apiVersion: 'v1', kind, metadata: { name, namespace }, spec }));
}
