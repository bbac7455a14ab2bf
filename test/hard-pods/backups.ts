/** Copies of injected pods as Velero restores them after a file system backup: with its own init container in front. */
import { findContainer, type Container, type PodObject } from '@rolechain/kit/pod.ts';
import { FOREIGN_KEYS, SIDECAR } from '@rolechain/shared';
import { SETTINGS, call } from '@rolechain/webhook/testing';
import { ACCOUNTS } from './accounts.ts';
import { container, podOf, type HardPod } from './row.ts';

const DATA = { name: 'data', emptyDir: {} };
const EXCLUDES = FOREIGN_KEYS.veleroExcludes;
const plain = podOf({
  initContainers: [container('migrate')],
  containers: [container('app', { volumeMounts: [{ name: DATA.name, mountPath: '/data' }] })],
  volumes: [DATA],
});

function injectedOf(pod: PodObject): PodObject {
  return call(pod, { namespace: 'shop', name: 'orders', annotations: ACCOUNTS.orders }, SETTINGS, () => 0.25).pod;
}

/** As its restore makes it (pkg/restore/actions/pod_volume_restore_action.go): a mount of each volume that was backed up. */
function waiting(...volumes: readonly string[]): Container {
  const volumeMounts = volumes.map((name) => ({ name, mountPath: `/restores/${name}` }));
  return container('restore-wait', { args: ['7d1c3a3e'], command: ['/velero-restore-helper'], volumeMounts });
}

function withInits(pod: PodObject, change: (inits: readonly Container[]) => readonly Container[]): PodObject {
  return { ...pod, spec: { ...pod.spec, initContainers: change(pod.spec.initContainers ?? []) } };
}

const copy = injectedOf(plain);
const restored = withInits(copy, (inits) => [waiting(DATA.name, SIDECAR.tokenVolume), ...inits]);
const order = ({ spec }: PodObject): string[] => (spec.initContainers ?? []).map(({ name }) => name);
/** The ServiceAccount plugin of a real apiserver adds one to each container. */
const mounts = (pod: PodObject): unknown[] | undefined =>
  findContainer(pod, 'restore-wait')
    ?.volumeMounts?.filter(({ name }) => !name.startsWith('kube-api-access'))
    .map(({ name, mountPath, subPath }) => [name, mountPath, subPath].filter(Boolean).join(' '));
const injected = { isCopy: true, outcome: 'injected', reason: 'Injected' } as const;
const aside = { leftAlone: { 'restore-wait': 'MeshContainer' } } as const;
const refused = { isCopy: true, outcome: 'refused', reason: 'NameTaken' } as const;

export const BACKUPS: readonly HardPod[] = [
  {
    name: 'any injected pod',
    pod: plain,
    ...{ outcome: 'injected', reason: 'Injected' },
    so: "Velero's file system backup is told to leave out the volume with the tokens. The setting `veleroExclude` turns it off.",
    shows: [({ metadata }) => metadata.annotations?.[EXCLUDES], SIDECAR.tokenVolume],
  },
  {
    name: 'a pod that leaves volumes out itself',
    pod: { ...plain, metadata: { ...plain.metadata, annotations: { [EXCLUDES]: 'data,cache' } } },
    ...{ outcome: 'injected', reason: 'Injected' },
    so: 'The name is added behind them.',
    shows: [({ metadata }) => metadata.annotations?.[EXCLUDES], 'data,cache,rolechain'],
  },
  {
    name: 'a restored pod, the volume with the tokens left out',
    pod: withInits(copy, (inits) => [waiting(DATA.name), ...inits]),
    ...{ ...injected, ...aside },
    so: "Velero's container stays first, and holds no role.",
    shows: [(pod) => [order(pod), mounts(pod)], [['restore-wait', SIDECAR.name, 'migrate'], ['data /restores/data']]],
  },
  {
    name: 'a restored pod, the volume with the tokens in the backup',
    pod: restored,
    ...{ ...injected, ...aside },
    so: 'Its mount stays, since Velero waits for a file in each. The old tokens are worth nothing.',
    shows: [
      (pod) => [order(pod), mounts(pod)],
      [
        ['restore-wait', SIDECAR.name, 'migrate'],
        ['data /restores/data', 'rolechain /restores/rolechain'],
      ],
    ],
  },
  {
    name: "a restored pod, and Velero's container behind the sidecar",
    pod: withInits(restored, ([wait, sidecar, ...rest]) => [sidecar!, wait!, ...rest]),
    ...refused,
    so: 'There it could read the tokens.',
    says: /the container restore-wait mounts the volume rolechain/,
  },
  {
    name: 'a restored pod, and a native sidecar in front that mounts the volume',
    pod: withInits(restored, ([wait, ...rest]) => [{ ...wait!, restartPolicy: 'Always' }, ...rest]),
    ...refused,
    so: 'It would go on running beside the tokens.',
    says: /the container restore-wait mounts the volume rolechain/,
  },
  {
    name: 'a restored pod whose sidecar was taken out',
    pod: withInits(restored, (inits) => inits.filter(({ name }) => name !== SIDECAR.name)),
    ...refused,
    so: 'A new sidecar would stand in front.',
    says: /the container restore-wait mounts the volume rolechain/,
  },
  {
    name: 'a restored pod that mounts the base identity in front',
    pod: withInits(copy, (inits) => [waiting(SIDECAR.baseIdentityVolume), ...inits]),
    ...refused,
    so: 'Velero leaves projected volumes out.',
    says: /mounts the volume rolechain-base-identity/,
  },
  {
    name: 'a restored pod whose containers are all skipped now',
    pod: {
      ...restored,
      metadata: {
        ...restored.metadata,
        annotations: { ...restored.metadata.annotations, 'rolechain.io/skip-containers': 'app,migrate' },
      },
    },
    isCopy: true,
    ...{ outcome: 'skipped', reason: 'NoContainerSelected' },
    so: "The volume goes, and with it Velero's mount.",
    shows: [
      (pod) => [
        order(pod),
        mounts(pod),
        pod.spec.volumes?.filter(({ name }) => name.startsWith('rolechain')),
        pod.metadata.annotations?.[EXCLUDES],
      ],
      [['restore-wait', 'migrate'], ['data /restores/data'], [], undefined],
    ],
  },
];
