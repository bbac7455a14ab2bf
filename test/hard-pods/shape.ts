/** Hard by the pod's own shape: network, users, operating system, resources, containers of other kinds. */
import { allContainers, findContainer, type PodObject } from '@rolechain/kit/pod.ts';
import { ENV, LIMITS, SIDECAR, credentialsPath } from '@rolechain/shared';
import { MANY_ROLES } from './accounts.ts';
import { appWith, container, podOf, variableOf, type HardPod } from './row.ts';
import { USERS } from './users.ts';

const GUARANTEED = { limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: '1', memory: '64Mi' } };
const order = ({ spec }: PodObject): string[] => (spec.initContainers ?? []).map(({ name }) => name);
const roleHolders = (pod: PodObject): string[] =>
  allContainers(pod)
    .filter(({ name }) =>
      variableOf(pod, name, 'AWS_CONTAINER_CREDENTIALS_FULL_URI')?.endsWith(credentialsPath('default')),
    )
    .map(({ name }) => name);

const literal = (name: string): object => ({ name, value: 'x' });
const hostNetwork = podOf({ hostNetwork: true });
const osIs = (operator: string, ...values: string[]): object => ({
  key: 'kubernetes.io/os',
  operator,
  ...(values.length > 0 ? { values } : {}),
});
const requiring = (...terms: object[][]): object => {
  const nodeSelectorTerms = terms.map((matchExpressions) => ({ matchExpressions }));
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
};
const windowsByOS = podOf({ os: { name: 'windows' } });
const twoShared = podOf({ shareProcessNamespace: true }, { 'rolechain.io/container-roles': 'app=default+audit' });
const injected = { outcome: 'injected', reason: 'Injected' } as const;

export const SHAPE: readonly HardPod[] = [
  {
    name: "the host's network",
    pod: hostNetwork,
    ...{ outcome: 'refused', reason: 'HostNetwork', says: /Take hostNetwork out/ },
    so: 'The endpoint would be open to the whole node.',
  },
  {
    name: "the host's network",
    pod: hostNetwork,
    variant: 'warn',
    ...{ outcome: 'skipped', reason: 'HostNetwork', says: /Take hostNetwork out/ },
    so: 'The pod starts without a role.',
  },
  { name: 'hostUsers: false', pod: podOf({ hostUsers: false }), ...injected, so: 'Nothing is different.' },
  {
    name: 'Windows by os',
    pod: windowsByOS,
    ...{ outcome: 'refused', reason: 'Windows', says: /Use Linux nodes/ },
    so: 'There is no sidecar for Windows.',
  },
  {
    name: 'Windows by os',
    pod: windowsByOS,
    variant: 'warn',
    ...{ outcome: 'skipped', reason: 'Windows' },
    so: 'The pod starts without a role.',
  },
  {
    name: 'Windows by nodeSelector',
    pod: podOf({ nodeSelector: { 'kubernetes.io/os': 'windows' } }),
    ...{ outcome: 'refused', reason: 'Windows', says: /by spec\.nodeSelector/ },
    so: 'There is no sidecar for Windows. `node.kubernetes.io/windows-build` is a sign of it, too.',
  },
  {
    name: 'Windows by required node affinity',
    pod: podOf({ affinity: requiring([osIs('In', 'windows')], [osIs('NotIn', 'linux')]) }),
    ...{ outcome: 'refused', reason: 'Windows', says: /by spec\.affinity\.nodeAffinity/ },
    so: 'Each of the terms leaves Windows alone.',
  },
  {
    name: 'required node affinity that Linux meets, too',
    pod: podOf({ affinity: requiring([osIs('In', 'windows')], [osIs('Exists')]) }),
    ...injected,
    so: 'One of the terms is enough for the scheduler.',
  },
  {
    name: 'Windows by windowsOptions of a container',
    pod: appWith({ securityContext: { windowsOptions: { runAsUserName: 'ContainerUser' } } }),
    ...{ outcome: 'refused', reason: 'Windows', says: /by spec\.containers\[0\]\.securityContext\.windowsOptions/ },
    so: 'With os or a node selector of Linux, or `hostProcess: false` alone, they are not a sign.',
  },
  {
    name: 'more than 250 containers',
    pod: podOf({ containers: Array.from({ length: LIMITS.podContainers + 1 }, (_, i) => container(`c${i}`)) }),
    ...{ outcome: 'refused', reason: 'PodTooLarge', says: /it has 251 containers; the limit is 250/ },
    so: 'Nor are more than 5000 variables, mounts, ports, volumes, labels and the like together. A pod that asks for no role may be of any size.',
  },
  {
    name: 'a mirror pod (the copy of a static pod)',
    pod: podOf({ nodeName: 'node-1' }, { 'kubernetes.io/config.mirror': 'x', 'rolechain.io/inject': 'nonsense' }),
    account: 'default',
    ...{ outcome: 'skipped', reason: 'MirrorPod' },
    so: 'It is not changed.',
  },
  {
    name: 'ephemeral containers',
    pod: podOf({ ephemeralContainers: [container('debugger')] }),
    ...injected,
    so: 'They hold no role. The API takes none at creation; those that are added later are not seen.',
    shows: [({ spec }) => spec.ephemeralContainers, [container('debugger')]],
    apiserver: /ephemeralContainers: Forbidden: cannot be set on create/,
  },
  {
    name: 'an ephemeral container that mounts the tokens',
    pod: podOf({
      ephemeralContainers: [container('debugger', { volumeMounts: [{ name: 'rolechain', mountPath: '/x' }] })],
    }),
    ...{ outcome: 'refused', reason: 'NameTaken', says: /the container debugger mounts the volume rolechain/ },
    so: 'Tokens go to the containers that hold the role.',
  },
  {
    name: 'pod-level resources',
    pod: podOf({ resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '128Mi' } } }),
    ...injected,
    so: "The sidecar has no CPU and memory of its own and shares the pod's.",
    shows: [(pod) => findContainer(pod, SIDECAR.name)?.resources, { requests: { 'ephemeral-storage': '0' } }],
  },
  {
    name: 'class Guaranteed',
    pod: appWith({ resources: GUARANTEED }),
    ...injected,
    so: 'It stays so: requests of the sidecar equal its limits.',
    shows: [
      (pod) => {
        const { requests, limits } = findContainer(pod, SIDECAR.name)?.resources as Record<
          string,
          Record<string, string>
        >;
        const equal = ['cpu', 'memory'].every((name) => requests?.[name] === limits?.[name]);
        return [equal, pod.status?.qosClass ?? 'Guaranteed'];
      },
      [true, 'Guaranteed'],
    ],
  },
  {
    name: 'a limit of ephemeral storage',
    pod: appWith({ resources: { limits: { 'ephemeral-storage': '2Gi' } } }),
    ...injected,
    so: 'The sidecar has one, too: what its logs take is not taken from the application.',
    shows: [
      (pod) => findContainer(pod, SIDECAR.name)?.resources,
      {
        limits: { 'ephemeral-storage': '256Mi', memory: '64Mi' },
        requests: { cpu: '10m', 'ephemeral-storage': '0', memory: '32Mi' },
      },
    ],
  },
  {
    name: 'a LimitRange whose maximum is less than the sidecar needs',
    pod: podOf(),
    namespace: 'tight',
    ...{ outcome: 'refused', reason: 'LimitRangeTooTight', says: /LimitRange small has a maximum of memory .* 24Mi/ },
    so: 'Within every other minimum, maximum and ratio of a LimitRange the sidecar stays anyway.',
  },
  {
    name: 'automountServiceAccountToken: false',
    pod: podOf({ automountServiceAccountToken: false }),
    ...injected,
    so: "The sidecar's tokens are volumes of their own; the application gets none of the API.",
    shows: [({ spec }) => spec.volumes?.map(({ name }) => name), ['rolechain', 'rolechain-base-identity']],
  },
  {
    name: 'the network of the host, static keys and an endpoint of its own',
    pod: podOf({
      hostNetwork: true,
      containers: [container('app', { env: [literal(ENV.accessKeyID), literal(ENV.fullURI)] })],
    }),
    ...{ outcome: 'refused', reason: 'HostNetwork' },
    says: /\[HostNetwork\] Also: .*app: AWS_ACCESS_KEY_ID.*\[StaticKeys\] Also: .*_FULL_URI.*\[OwnContainerCredentials\]/,
    so: 'All conflicts are told at once, each with its fix.',
  },
  {
    name: 'shareProcessNamespace with one role',
    pod: podOf({ shareProcessNamespace: true }),
    account: 'two',
    ...injected,
    so: 'All containers hold the same role anyway.',
  },
  {
    name: 'shareProcessNamespace with two roles',
    pod: twoShared,
    account: 'two',
    ...{ outcome: 'refused', reason: 'SharedProcessNamespace', says: /give all containers one role/ },
    so: "A container could read the other role's token.",
  },
  {
    name: 'shareProcessNamespace with two roles',
    pod: twoShared,
    account: 'two',
    variant: 'warn',
    ...{ outcome: 'skipped', reason: 'SharedProcessNamespace' },
    so: 'The pod starts without a role.',
  },
  {
    name: 'shareProcessNamespace with one role, and a container without',
    pod: podOf(
      { shareProcessNamespace: true, containers: [container('app'), container('other')] },
      { 'rolechain.io/skip-containers': 'other' },
    ),
    ...injected,
    leftAlone: { other: 'SkipListed' },
    so: 'It is allowed, with a warning: that container may read the token of the others.',
    says: /shareProcessNamespace .* \[SharedProcessNamespace\]: other/,
  },
  {
    name: 'hostPID with one role',
    pod: podOf({ hostPID: true }),
    ...injected,
    so: 'It counts as shareProcessNamespace does. Processes of other pods of the node see one another, too.',
  },
  {
    name: 'hostPID with one role, and a container without',
    pod: podOf({ hostPID: true, containers: [container('app'), container('istio-proxy')] }),
    ...injected,
    leftAlone: { 'istio-proxy': 'MeshContainer' },
    so: 'It is allowed, with a warning.',
    says: /hostPID .* \[SharedProcessNamespace\]: istio-proxy/,
  },
  {
    name: 'hostPID with two roles',
    pod: podOf({ hostPID: true }, { 'rolechain.io/container-roles': 'app=default+audit' }),
    account: 'two',
    ...{ outcome: 'refused', reason: 'SharedProcessNamespace', says: /give all containers one role/ },
    so: "A container could read the other role's token.",
  },
  {
    name: 'init containers that use AWS',
    pod: podOf({ initContainers: [container('migrate'), container('fetch')] }),
    ...injected,
    so: 'The sidecar is the first of them, and ready before they start.',
    shows: [
      (pod) => [order(pod), roleHolders(pod)],
      [
        ['rolechain', 'migrate', 'fetch'],
        ['migrate', 'fetch', 'app'],
      ],
    ],
  },
  {
    name: 'native sidecars of the user, before and after an init container',
    pod: podOf({
      initContainers: [
        container('logs', { restartPolicy: 'Always' }),
        container('migrate'),
        container('proxy', { restartPolicy: 'Always' }),
      ],
    }),
    ...injected,
    so: 'The sidecar starts before them, and they hold the role.',
    shows: [
      (pod) => [order(pod), roleHolders(pod)],
      [
        ['rolechain', 'logs', 'migrate', 'proxy'],
        ['logs', 'migrate', 'proxy', 'app'],
      ],
    ],
  },
  {
    name: '100 containers',
    pod: podOf({ containers: Array.from({ length: 100 }, (_, index) => container(`c${index}`)) }),
    ...injected,
    so: 'Each holds the role.',
    shows: [(pod) => roleHolders(pod).length, 100],
  },
  {
    name: 'a document at the size limit, and a container that holds all of its 32 roles',
    pod: podOf({}, { 'rolechain.io/container-roles': `app=${MANY_ROLES.join('+')}` }),
    account: 'many',
    ...injected,
    so: 'One sidecar serves them all; the container has a token of each.',
    shows: [
      (pod) =>
        findContainer(pod, 'app')?.volumeMounts?.flatMap(({ name, subPath }) => (name === 'rolechain' ? subPath : [])),
      MANY_ROLES,
    ],
  },
  ...USERS,
];
