/** Hard by names of ours: taken by somebody else, forged, or nearly ours. */
import { findContainer, type PodObject } from '@rolechain/kit/pod.ts';
import { ENV, PATHS, SIDECAR, tokenFolder } from '@rolechain/shared';
import { call } from '@rolechain/webhook/testing';
import { appWith, container, podOf, variableOf, type HardPod } from './row.ts';

const refused = { outcome: 'refused', reason: 'NameTaken' } as const;
const injected = { outcome: 'injected', reason: 'Injected' } as const;
const config = variableOf(call(podOf()).pod, SIDECAR.name, ENV.config) ?? '';
const forged = (value: string): PodObject =>
  podOf({ initContainers: [container(SIDECAR.name, { env: [{ name: ENV.config, value }] })] });
const volume = (name: string, source: object): PodObject => podOf({ volumes: [{ name, ...source }] });
const projected = (...sources: object[]): object => ({ projected: { sources } });
const token = (audience: string, path: string): object => ({ serviceAccountToken: { audience, path } });
const TOKENS = 'rolechain';
const BASE = { name: SIDECAR.baseIdentityVolume, ...projected(token('sts.amazonaws.com', PATHS.irsaToken)) };
const mounting = (mount: object): PodObject =>
  podOf({
    containers: [container('app', { volumeMounts: [{ mountPath: '/x', ...mount }] })],
    volumes: [{ name: TOKENS, emptyDir: {} }, BASE],
  });
const occupied = (mountPath: string): PodObject =>
  podOf({
    containers: [container('app', { volumeMounts: [{ name: 'd', mountPath }] })],
    volumes: [{ name: 'd', emptyDir: {} }],
  });

/** Refused under both settings: what is taken can't be told from what is forged. */
function taken(name: string, pod: PodObject, says: RegExp, more: Partial<HardPod> = {}): HardPod[] {
  const so = 'Refused under `conflicts: warn`, too.';
  return [
    { name, pod, ...refused, says, so, ...more },
    { name, pod, ...refused, variant: 'warn', says, so, ...more },
  ];
}

export const NAMES: readonly HardPod[] = [
  ...taken('a container named rolechain', podOf({ containers: [container(TOKENS)] }), /containers\[0\]/),
  ...taken(
    'a container named rolechain with our configuration',
    podOf({ containers: [container(TOKENS, { env: [{ name: ENV.config, value: config }] })] }),
    /the container containers\[0\] is named rolechain/,
  ),
  ...taken(
    'an init container named rolechain without a configuration',
    podOf({ initContainers: [container(TOKENS)] }),
    /initContainers\[0\]/,
  ),
  ...taken('an init container named rolechain, its configuration no JSON', forged('{'), /initContainers\[0\]/),
  ...taken(
    'an init container named rolechain, its configuration of an unknown version',
    forged(config.replace('"version":1', '"version":99')),
    /initContainers\[0\]/,
  ),
  {
    name: 'an init container named rolechain, its configuration as we would write it',
    pod: forged(config.replace('role/orders', 'role/admin')),
    isCopy: true,
    ...injected,
    so: "It is taken for ours and set again: no role but the account's is in it.",
    shows: [
      (pod) => [
        findContainer(pod, SIDECAR.name)?.restartPolicy,
        variableOf(pod, SIDECAR.name, ENV.config)?.includes('admin'),
      ],
      ['Always', false],
    ],
  },
  ...taken(
    'a volume rolechain of another kind',
    volume(TOKENS, { hostPath: { path: '/' } }),
    /volume rolechain is not/,
  ),
  ...taken(
    'a volume of our prefix that is not ours',
    volume('rolechain-data', { emptyDir: {} }),
    /the volume rolechain-data is not/,
  ),
  ...taken(
    'a volume rolechain-base-identity with a Secret',
    volume(SIDECAR.baseIdentityVolume, projected({ secret: { name: 's' } })),
    /rolechain-base-identity/,
  ),
  ...taken(
    'a volume rolechain-base-identity with a token for somebody else',
    volume(SIDECAR.baseIdentityVolume, projected(token('vault', PATHS.podIdentityToken))),
    /rolechain-base-identity/,
  ),
  ...taken(
    'a volume rolechain-external-ids with a ConfigMap',
    volume(SIDECAR.externalIDsVolume, projected({ configMap: { name: 'c' } })),
    /rolechain-external-ids/,
  ),
  ...taken(
    'a volume rolechain-api-access with a token for somebody else',
    volume(SIDECAR.apiAccessVolume, projected(token('vault', 'token'))),
    /rolechain-api-access/,
  ),
  ...taken(
    'a volume rolechain-environment with a ConfigMap',
    volume(SIDECAR.environmentVolume, projected({ configMap: { name: 'c' } })),
    /rolechain-environment/,
  ),
  ...taken(
    'a mount of all tokens',
    mounting({ name: TOKENS, readOnly: true }),
    /the container app mounts the volume rolechain/,
  ),
  ...taken(
    'a mount of a token that may be written',
    mounting({ name: TOKENS, subPath: 'default' }),
    /the container app mounts the volume rolechain/,
  ),
  ...taken(
    'a mount of tokens by subPathExpr',
    mounting({ name: TOKENS, subPathExpr: '$(X)', readOnly: true }),
    /the container app mounts the volume rolechain/,
  ),
  ...taken(
    'a mount of the base identity',
    mounting({ name: BASE.name, readOnly: true }),
    /the container app mounts the volume rolechain-base-identity/,
  ),
  ...taken(
    'a mount of the base identity by subPath',
    mounting({ name: BASE.name, readOnly: true, subPath: 'default' }),
    /the container app mounts the volume rolechain-base-identity/,
  ),
  {
    name: 'a mount of a token of a role that the container does not hold',
    pod: mounting({ name: TOKENS, subPath: 'audit', readOnly: true }),
    account: 'two',
    isCopy: true,
    ...injected,
    so: 'It is taken away.',
    shows: [(pod) => findContainer(pod, 'app')?.volumeMounts?.flatMap(({ subPath }) => subPath ?? []), ['default']],
  },
  ...taken(
    'another volume where the token belongs',
    occupied(tokenFolder('default')),
    /secrets\/rolechain.io\/default/,
    {
      reason: 'MountPathTaken',
    },
  ),
  ...taken('another volume there, by the path /run', occupied('/run/secrets/rolechain.io/default/'), /default/, {
    reason: 'MountPathTaken',
  }),
  {
    name: 'names that only resemble ours',
    pod: podOf({
      containers: [
        container('rolechain-app', { volumeMounts: [{ name: 'rolechains', mountPath: '/var/run/secrets/other' }] }),
      ],
      volumes: [{ name: 'rolechains', emptyDir: {} }],
    }),
    ...injected,
    so: 'Ours are `rolechain`, and volumes that begin with `rolechain-`.',
    shows: [
      (pod) => findContainer(pod, 'rolechain-app')?.volumeMounts?.flatMap(({ subPath }) => subPath ?? []),
      ['default'],
    ],
  },
  {
    name: 'a user of our number',
    pod: appWith({ securityContext: { runAsUser: SIDECAR.user } }),
    ...injected,
    so: 'It is allowed. With shareProcessNamespace that container may end the sidecar (SECURITY.md).',
  },
];
