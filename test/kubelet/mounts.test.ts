import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerMounts, isBelowRun } from './mounts.ts';
import type { Pod, VolumeMount } from '@rolechain/kit/pod.ts';
import type { PodVolumes } from './volumes.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolechain-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

const sources = [{ serviceAccountToken: { path: 'token' } }];
const pod: Pod = {
  metadata: {},
  spec: {
    containers: [],
    volumes: [
      { name: 'token', projected: { sources } },
      { name: 'data', emptyDir: {} },
    ],
  },
};

const nothing = () => Promise.resolve();

function mountsOf(...volumeMounts: VolumeMount[]) {
  const names = ['rolechain', 'rolechain-x', 'token', 'data'];
  const paths = new Map(names.map((name) => [name, folder]));
  const volumes: PodVolumes = { folder, paths, notes: [], refresh: nothing, remove: nothing };
  return containerMounts(pod, { name: 'app', volumeMounts }, volumes);
}

test('outer mount points come first, whatever the order in the pod', async () => {
  const { mounts } = await mountsOf(
    { name: 'data', mountPath: '/run/a/b/c', readOnly: true },
    { name: 'rolechain', mountPath: '/run/a/' },
  );
  expect(mounts).toEqual([
    { source: folder, target: '/run/a', readOnly: false },
    { source: folder, target: '/run/a/b/c', readOnly: true },
  ]);
});

test('elsewhere only our own volumes and tokens are mounted', async () => {
  const { mounts, notes } = await mountsOf(
    { name: 'rolechain', mountPath: '/a' },
    { name: 'rolechain-x', mountPath: '/bb' },
    { name: 'token', mountPath: '/ccc' },
    { name: 'data', mountPath: '/etc' },
    { name: 'data', mountPath: '/run/x', subPathExpr: '$(A)' },
    { name: 'absent', mountPath: '/run/y' },
  );
  expect(mounts.map(({ target }) => target)).toEqual(['/a', '/bb', '/ccc']);
  expect(notes).toEqual([
    "container app: the mount at /etc is left out: data is a volume of the workload's own",
    'container app: the mount at /run/x is left out: subPathExpr is not known here',
    'container app: the mount at /run/y is left out: its volume absent was not made',
  ]);
});

test('an absent subPath is made with the mode of its volume, whatever the umask; one that is there stays', async () => {
  await chmod(folder, 0o777);
  await writeFile(join(folder, 'file'), 'content', { mode: 0o600 });
  const before = process.umask(0o077);
  try {
    await mountsOf(
      { name: 'rolechain', mountPath: '/run/a', subPath: 'deep/er' },
      { name: 'rolechain', mountPath: '/run/b', subPath: 'file' },
    );
  } finally {
    process.umask(before);
  }
  for (const path of ['deep', 'deep/er']) expect((await stat(join(folder, path))).mode & 0o7777).toBe(0o777);
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe('content');
});

test('a subPath out of its volume is refused', async () => {
  await expect(mountsOf({ name: 'rolechain', mountPath: '/run/a', subPath: '../x' })).rejects.toThrow('leads out');
});

test.each([
  ['/run/x', true],
  ['/var/run/x', true],
  ['/run', false],
  ['/run/', false],
  ['/running/x', false],
  ['/run/../etc', false],
  ['/var/runner/x', false],
  ['/home/run/x', false],
])('%s is below /run: %s', (path, expected) => expect(isBelowRun(path)).toBe(expected));
