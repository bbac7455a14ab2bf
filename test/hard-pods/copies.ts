/** Copies of injected pods: as the API shows them (backups.ts has Velero's), moved, changed by hand, and of another version. */
import { allContainers, findContainer, type Container, type PodObject } from '@rolechain/kit/pod.ts';
import { ENV, FOREIGN_KEYS, SIDECAR } from '@rolechain/shared';
import { SETTINGS, call } from '@rolechain/webhook/testing';
import { ACCOUNTS, type AccountName } from './accounts.ts';
import { container, podOf, variableOf, type HardPod } from './row.ts';

/** The pod as the webhook leaves it at its first call, some time ago. */
function injectedOf(pod: PodObject, account: AccountName = 'orders'): PodObject {
  const annotations: Readonly<Record<string, string>> = ACCOUNTS[account];
  return call(pod, { namespace: 'shop', name: account, annotations }, SETTINGS, () => 0.25).pod;
}

function withSidecar(pod: PodObject, change: (sidecar: Container) => Record<string, unknown>): PodObject {
  const initContainers = pod.spec.initContainers?.map((one) => {
    return one.name === SIDECAR.name ? { ...one, ...change(one) } : one;
  });
  return { ...pod, spec: { ...pod.spec, ...(initContainers ? { initContainers } : {}) } };
}

function withVolumes(pod: PodObject, ...volumes: readonly { readonly name: string }[]): PodObject {
  return { ...pod, spec: { ...pod.spec, volumes: [...(pod.spec.volumes ?? []), ...volumes] } };
}

function annotate(pod: PodObject, annotations: Readonly<Record<string, string>>): PodObject {
  return { ...pod, metadata: { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } } };
}

const API_TOKEN = {
  name: 'kube-api-access-x7k2p',
  projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }] },
};
const API_MOUNT = {
  name: API_TOKEN.name,
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
  readOnly: true,
};

/** With what the API and the kubelet add to a pod that ran: node, status, the API's own token in every container. */
function restored(pod: PodObject): PodObject {
  const withToken = (list: readonly Container[] = []): Container[] =>
    list.map((one) => ({ ...one, volumeMounts: [...(one.volumeMounts ?? []), API_MOUNT] }));
  const { containers, initContainers, volumes = [] } = pod.spec;
  const spec = {
    ...pod.spec,
    nodeName: 'a-node-that-is-gone',
    containers: withToken(containers),
    initContainers: withToken(initContainers),
    volumes: [...volumes, API_TOKEN],
  };
  return { ...pod, spec, status: { phase: 'Running', podIP: '10.0.0.7' } };
}

const DISK = { name: 'disk', persistentVolumeClaim: { claimName: 'disk' } };
const DATA = { name: 'data', emptyDir: {} };
const RUNS = { exec: { command: ['/bin/sh', '-c', 'id'] } };
const plain = podOf({ initContainers: [container('migrate')] });
const copy = injectedOf(plain);
const inEnv = { 'rolechain.io/authorization-token': 'env' };
const both = injectedOf(podOf({}, { 'rolechain.io/container-roles': 'app=default+audit' }), 'two');

const mountsOf = (pod: PodObject, name: string): unknown[] | undefined =>
  findContainer(pod, name)?.volumeMounts?.map((m) => m.name);
const tokenSeconds = (pod: PodObject): unknown => {
  const volume = pod.spec.volumes?.find(({ name }) => name === SIDECAR.baseIdentityVolume) as
    { projected: { sources: { serviceAccountToken: { expirationSeconds: number } }[] } } | undefined;
  return volume?.projected.sources[0]?.serviceAccountToken.expirationSeconds;
};
const traces = (pod: PodObject): string[] => [
  ...new Set(
    JSON.stringify([pod.spec, pod.metadata.annotations]).match(/28173|rolechain\.io\/status|"rolechain[",-]/g),
  ),
];
const injected = { isCopy: true, outcome: 'injected', reason: 'Injected' } as const;
const oldAge = (seconds: number): PodObject =>
  JSON.parse(JSON.stringify(copy).replace(/"expirationSeconds":\d+/, `"expirationSeconds":${seconds}`)) as PodObject;

export const COPIES: readonly HardPod[] = [
  {
    name: 'a copy of an injected pod that ran',
    pod: restored(copy),
    ...injected,
    so: 'What is ours is set again, where it stands; the rest stays, the node included.',
    shows: [
      (pod) => [
        allContainers(pod).map(({ name }) => name),
        mountsOf(pod, 'app'),
        // The ServiceAccount plugin of a real apiserver finds its mount there, or adds it.
        mountsOf(pod, SIDECAR.name)?.filter((name) => name !== API_MOUNT.name),
        pod.spec.volumes?.map(({ name }) => name),
        pod.spec.nodeName,
        tokenSeconds(pod),
      ],
      [
        ['rolechain', 'migrate', 'app'],
        ['rolechain', API_MOUNT.name],
        ['rolechain', 'rolechain-base-identity'],
        ['rolechain', 'rolechain-base-identity', API_TOKEN.name],
        'a-node-that-is-gone',
        tokenSeconds(copy),
      ],
    ],
  },
  {
    name: 'a copy with another image, command and environment of the sidecar',
    pod: withSidecar(copy, ({ env = [] }) => ({
      image: 'registry.example/sidecar:old',
      command: ['/bin/sh'],
      args: ['-c', 'id'],
      env: [...env, { name: 'NODE_OPTIONS', value: '--inspect' }],
      securityContext: { runAsUser: 0 },
    })),
    ...injected,
    so: 'They are set again: image, command, arguments, environment, mounts and security context are never kept.',
    shows: [
      (pod) => {
        const { command, args, env, securityContext } = findContainer(pod, SIDECAR.name) ?? container('none');
        const user = (securityContext as { runAsUser?: number } | undefined)?.runAsUser;
        return [command, args, env?.some(({ name }) => name === 'NODE_OPTIONS'), user, pod.spec.containers[0]?.image];
      },
      [undefined, undefined, false, SIDECAR.user, 'registry.example/app:1'],
    ],
  },
  {
    name: 'a copy whose sidecar probes, mounts devices and waits for input',
    pod: withSidecar(withVolumes(copy, DISK, DATA), ({ volumeMounts = [] }) => ({
      ...{ livenessProbe: RUNS, readinessProbe: RUNS, lifecycle: { preStop: RUNS } },
      startupProbe: undefined,
      ...{ stdin: true, stdinOnce: true, tty: true, workingDir: '/tmp', terminationMessagePath: '/tmp/message' },
      volumeDevices: [{ name: DISK.name, devicePath: '/dev/xvda' }],
      volumeMounts: [...volumeMounts, { name: DATA.name, mountPath: '/data' }],
    })),
    ...injected,
    so: 'Each of these is what the webhook writes again, or gone; a warning names them.',
    says: /set back: (?:env \([^)]+\), image \([^)]+\), )?lifecycle, livenessProbe, readinessProbe, startupProbe, stdin, /,
    shows: [
      (pod) => {
        const { startupProbe, ...sidecar } = findContainer(pod, SIDECAR.name) ?? container('none');
        const { livenessProbe, readinessProbe, lifecycle, stdin, tty, workingDir, volumeDevices } = sidecar;
        const gone = [livenessProbe, readinessProbe, lifecycle, stdin, tty, workingDir, volumeDevices];
        return [gone.filter((field) => field !== undefined), startupProbe !== undefined];
      },
      [[], true],
    ],
  },
  {
    name: 'a copy whose token stands in the environment',
    pod: injectedOf(podOf({}, inEnv)),
    ...injected,
    so: 'The token is kept: it was made once.',
    shows: [(pod) => variableOf(pod, 'app', ENV.token), variableOf(injectedOf(podOf({}, inEnv)), 'app', ENV.token)],
  },
  {
    name: 'a copy whose token stood in the environment, and is not to any more',
    pod: annotate(injectedOf(podOf({}, inEnv)), { 'rolechain.io/authorization-token': 'file' }),
    ...injected,
    so: 'The token is gone, from the containers and the sidecar.',
    shows: [
      (pod) => [variableOf(pod, 'app', ENV.token), variableOf(pod, SIDECAR.name, ENV.config)?.includes('"token":"')],
      [undefined, false],
    ],
  },
  {
    name: 'a copy whose container has a token that the sidecar does not know',
    pod: {
      ...copy,
      spec: {
        ...copy.spec,
        containers: copy.spec.containers.map((one) => ({
          ...one,
          env: [...(one.env ?? []), { name: ENV.token, value: 'stale' }],
        })),
      },
    },
    isCopy: true,
    ...{ outcome: 'refused', reason: 'OwnContainerCredentials', says: /AWS_CONTAINER_AUTHORIZATION_TOKEN/ },
    so: 'Whose it is nobody can tell.',
  },
  {
    name: 'a copy whose tokens live longer than EKS lets them',
    pod: oldAge(90_000),
    ...injected,
    so: 'They get a lifetime in range.',
    shows: [(pod) => (tokenSeconds(pod) as number) <= 86_400, true],
  },
  {
    name: 'a copy under an account with fewer roles',
    pod: annotate(both, { 'rolechain.io/container-roles': 'app=default' }),
    ...injected,
    so: 'The mounts of the roles that are gone are taken away.',
    shows: [(pod) => findContainer(pod, 'app')?.volumeMounts?.flatMap(({ subPath }) => subPath ?? []), ['default']],
  },
  {
    name: 'a copy under an account that asks for no role',
    pod: copy,
    account: 'plain',
    isCopy: true,
    ...{ outcome: 'skipped', reason: 'NotAnnotated' },
    so: "It is not looked at: the sidecar that is in it starts, with that account's base identity.",
  },
  {
    name: 'a copy that opts out',
    pod: annotate(copy, { 'rolechain.io/inject': 'false' }),
    isCopy: true,
    ...{ outcome: 'skipped', reason: 'OptedOut' },
    so: 'It is not changed: the sidecar that is in it starts.',
    shows: [(pod) => findContainer(pod, SIDECAR.name) !== undefined, true],
  },
  {
    name: 'a copy whose containers are all skipped now',
    pod: annotate(copy, { 'rolechain.io/skip-containers': 'app,migrate' }),
    isCopy: true,
    ...{ outcome: 'skipped', reason: 'NoContainerSelected' },
    so: 'It is as if it had never been injected.',
    shows: [traces, []],
  },
  {
    name: 'a copy on the network of the host',
    pod: { ...copy, spec: { ...copy.spec, hostNetwork: true } },
    variant: 'warn',
    isCopy: true,
    ...{ outcome: 'skipped', reason: 'HostNetwork' },
    so: 'What was injected is taken out.',
    shows: [(pod) => [findContainer(pod, SIDECAR.name), variableOf(pod, 'app', ENV.fullURI)], [undefined, undefined]],
  },
  {
    name: 'a copy whose sidecar was taken out by hand',
    pod: { ...copy, spec: { ...copy.spec, initContainers: [container('migrate')] } },
    ...injected,
    so: 'It gets a new one; variables and mounts that stand are used.',
    shows: [
      (pod) => [findContainer(pod, SIDECAR.name)?.image === undefined, mountsOf(pod, 'app')?.[0]],
      [false, 'rolechain'],
    ],
  },
  {
    name: 'a copy that says why it was skipped',
    pod: annotate(copy, { 'rolechain.io/skipped': 'NoContainerSelected' }),
    ...injected,
    so: 'That is taken out.',
    shows: [({ metadata }) => metadata.annotations?.['rolechain.io/skipped'], undefined],
  },
  {
    name: 'a copy whose user the platform has set',
    pod: withSidecar(copy, () => ({ securityContext: { runAsUser: 1_000_680_000, runAsNonRoot: true } })),
    variant: 'unset',
    ...injected,
    so: 'The user is kept, the rest of the security context set again.',
    shows: [
      (pod) => {
        const { runAsUser, runAsGroup, readOnlyRootFilesystem } = findContainer(pod, SIDECAR.name)
          ?.securityContext as Record<string, unknown>;
        return [runAsUser, runAsGroup, readOnlyRootFilesystem];
      },
      [1_000_680_000, undefined, true],
    ],
  },
  {
    name: 'a copy whose sidecar is to run as root',
    pod: withSidecar(copy, () => ({ securityContext: { runAsUser: 0, runAsGroup: 0, privileged: true } })),
    variant: 'unset',
    ...injected,
    so: 'No user is named: runAsNonRoot would keep root from starting.',
    shows: [
      (pod) =>
        Object.keys(findContainer(pod, SIDECAR.name)?.securityContext as object).filter((key) =>
          /User|Group|priv/.test(key),
        ),
      [],
    ],
  },
  {
    name: 'a copy that the EKS webhook was told to leave alone',
    pod: copy,
    ...injected,
    so: 'Its list of containers stays as it is.',
    shows: [({ metadata }) => metadata.annotations?.[FOREIGN_KEYS.eksSkipContainers], 'rolechain,migrate,app'],
  },
];
