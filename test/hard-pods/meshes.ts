/** Hard by a service mesh whose CNI plugin leads connections to a proxy that doesn't run yet. */
import type { PodObject } from '@rolechain/kit/pod.ts';
import { SIDECAR } from '@rolechain/shared';
import { container, podOf, type HardPod } from './row.ts';

const order = ({ spec }: PodObject): string[] => (spec.initContainers ?? []).map(({ name }) => name);
const validated = podOf({ initContainers: [container('istio-validation')] });
const injected = { outcome: 'injected', reason: 'Injected' } as const;

export const MESHES: readonly HardPod[] = [
  {
    name: 'a mesh with CNI plugin and native proxy',
    pod: podOf({
      initContainers: [
        container('istio-validation'),
        container('istio-proxy', { restartPolicy: 'Always' }),
        container('migrate'),
      ],
    }),
    account: 'required',
    ...injected,
    leftAlone: { 'istio-validation': 'MeshContainer', 'istio-proxy': 'MeshContainer' },
    so: 'The sidecar stands behind the proxy, without which it has no network.',
    shows: [order, ['istio-validation', 'istio-proxy', SIDECAR.name, 'migrate']],
  },
  {
    name: 'a mesh with CNI plugin, its proxy an ordinary container',
    pod: validated,
    ...injected,
    leftAlone: { 'istio-validation': 'MeshContainer' },
    so: 'A warning: there is no network before the containers start, which happens after 30 s, without credentials.',
    says: /\[MeshWithoutNetwork\] the pod has istio-validation/,
  },
  {
    name: 'the same, and a role with startup: require',
    pod: validated,
    account: 'required',
    ...{ outcome: 'refused', reason: 'MeshWithoutNetwork', says: /Let the mesh run its proxy as a native sidecar/ },
    so: 'It would never start.',
  },
  {
    name: 'the same, and a role with startup: require',
    pod: validated,
    account: 'required',
    variant: 'warn',
    ...{ outcome: 'skipped', reason: 'MeshWithoutNetwork', says: /skips this pod \[MeshWithoutNetwork\]/ },
    so: 'The pod starts without a role.',
  },
  {
    name: 'the same, and addresses taken out of the mesh',
    pod: {
      ...validated,
      metadata: {
        ...validated.metadata,
        annotations: { 'traffic.sidecar.istio.io/excludeOutboundIPRanges': '10.0.0.0/8' },
      },
    },
    account: 'required',
    ...injected,
    leftAlone: { 'istio-validation': 'MeshContainer' },
    so: 'A warning: whether those of STS are among them, nobody can tell.',
    says: /\[MeshWithoutNetwork\]/,
  },
];
