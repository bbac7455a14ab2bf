/** Hard by what containers set themselves, and by whose they are. */
import { ENV, type ReasonCode } from '@rolechain/shared';
import { appWith, container, podOf, valueOf, type HardPod, type Pod } from './row.ts';

const injected = { outcome: 'injected', reason: 'Injected' } as const;
const literal = (name: string): object => ({ name, value: 'x' });
const fromSecret = (name: string): object => ({ name, valueFrom: { secretKeyRef: { name: 's', key: 'k' } } });
const uri = (pod: Pod, name: string): string => (valueOf(pod, name, ENV.fullURI) === undefined ? 'none' : 'a role');

/** The same conflict by both settings: refused, and with `warn` left alone beside a container that holds the role. */
function conflict(name: string, variable: object, reason: ReasonCode): readonly HardPod[] {
  const pod = podOf({ containers: [container('app', { env: [variable] }), container('other')] });
  return [
    { name, pod, outcome: 'refused', reason, says: /container app: AWS_/, so: 'SDKs would pass the sidecar by.' },
    {
      name,
      pod,
      variant: 'warn',
      ...injected,
      leftAlone: { app: reason },
      says: new RegExp(`skips container app, which holds no role.*${reason}`),
      so: 'That container is left alone, the others hold the role.',
      shows: [(after) => [valueOf(after, 'app', ENV.tokenFile), uri(after, 'other')], [undefined, 'a role']],
    },
  ];
}

export const ENVIRONMENT: readonly HardPod[] = [
  ...conflict('a static key', literal(ENV.accessKeyID), 'StaticKeys'),
  ...conflict('a static key from a Secret', fromSecret(ENV.secretAccessKey), 'StaticKeys'),
  ...conflict('a web identity of its own', literal(ENV.webIdentityTokenFile), 'OwnWebIdentity'),
  ...conflict('a role ARN of its own', literal(ENV.roleARN), 'OwnWebIdentity'),
  ...conflict('a RELATIVE_URI', literal(ENV.relativeURI), 'OwnContainerCredentials'),
  ...conflict('a FULL_URI of its own', literal(ENV.fullURI), 'OwnContainerCredentials'),
  ...conflict('a FULL_URI of its own from a Secret', fromSecret(ENV.fullURI), 'OwnContainerCredentials'),
  ...conflict('an AUTHORIZATION_TOKEN of its own', fromSecret(ENV.token), 'OwnContainerCredentials').map((row) => ({
    ...row,
    // Its own token file would be ours.
    ...(row.shows ? { shows: [(after: Pod) => uri(after, 'app'), 'none'] as const } : {}),
  })),
  {
    name: 'a conflict in every container',
    pod: appWith({ env: [literal(ENV.accessKeyID)] }),
    variant: 'warn',
    ...{ outcome: 'skipped', reason: 'NoRoleHeld', says: /AWS_ACCESS_KEY_ID/ },
    so: 'No container is left: the pod gets no sidecar.',
  },
  {
    name: 'a conflict in a container that the pod skips',
    pod: podOf(
      { containers: [container('app'), container('legacy', { env: [literal(ENV.accessKeyID)] })] },
      { 'rolechain.io/skip-containers': 'legacy' },
    ),
    ...injected,
    leftAlone: { legacy: 'SkipListed' },
    so: 'It is left alone, as asked for.',
    shows: [(pod) => [uri(pod, 'app'), uri(pod, 'legacy')], ['a role', 'none']],
  },
  {
    name: 'containers of a service mesh',
    pod: podOf({
      initContainers: [container('istio-init')],
      containers: [container('app'), container('istio-proxy', { env: [literal(ENV.accessKeyID)] })],
    }),
    ...injected,
    leftAlone: { 'istio-init': 'MeshContainer', 'istio-proxy': 'MeshContainer' },
    so: 'They hold no role, whatever they set.',
    shows: [(pod) => [uri(pod, 'istio-init'), uri(pod, 'app'), uri(pod, 'istio-proxy')], ['none', 'a role', 'none']],
  },
  {
    name: 'envFrom',
    pod: appWith({ envFrom: [{ configMapRef: { name: 'c' } }] }),
    ...injected,
    so: "No Region is set: the ConfigMap may have one. Keys in it are not seen, and would win over the sidecar's.",
    shows: [(pod) => [uri(pod, 'app'), valueOf(pod, 'app', ENV.region)], ['a role', undefined]],
  },
  {
    name: 'AWS_PROFILE',
    pod: appWith({ env: [literal(ENV.profile)] }),
    ...injected,
    says: /container app sets AWS_PROFILE/,
    so: 'A warning: an SDK that finds that profile passes the sidecar by.',
    shows: [(pod) => uri(pod, 'app'), 'a role'],
  },
];
