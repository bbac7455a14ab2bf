import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod, ProjectedSource, Volume } from '@rolechain/kit/pod.ts';
import type { ObjectData, ProjectionOptions } from './projected.ts';
import { makeVolumes, type PodVolumes, type VolumeOptions } from './volumes.ts';

let made: PodVolumes[] = [];
afterEach(async () => {
  await Promise.all(made.map((volumes) => volumes.remove()));
  made = [];
});

async function make(volumes: readonly Volume[], options?: VolumeOptions): Promise<PodVolumes> {
  const pod: Pod = { metadata: { name: 'p', namespace: 'n' }, spec: { containers: [], volumes } };
  const result = await makeVolumes(pod, options);
  made.push(result);
  return result;
}

const projected = (...sources: ProjectedSource[]): Volume => ({ name: 'v', projected: { sources } });
const secrets = (data: Readonly<Record<string, ObjectData>>): ProjectionOptions => ({
  data: (_kind, name) => Promise.resolve(data[name]),
});
const at = (volumes: PodVolumes, path: string) => join(volumes.paths.get('v') ?? '', path);
const read = (volumes: PodVolumes, path: string) => readFile(at(volumes, path), 'utf8');
const modeOf = async (path: string) => (await stat(path)).mode & 0o7777;

test('an emptyDir is an empty folder that everybody may write to, whatever the umask, in one that nobody else may enter', async () => {
  const before = process.umask(0o077);
  try {
    const volumes = await make([{ name: 'v', emptyDir: { medium: 'Memory' } }]);
    expect(await modeOf(at(volumes, ''))).toBe(0o777);
    expect(await modeOf(volumes.folder)).toBe(0o700);
    expect(await readdir(at(volumes, ''))).toEqual([]);
    expect(volumes.notes).toEqual([]);
  } finally {
    process.umask(before);
  }
});

test('a token is asked for with audience and lifetime, written without a newline, and asked for again at refresh', async () => {
  const asked: unknown[] = [];
  const volumes = await make(
    [
      projected(
        {
          serviceAccountToken: {
            path: 'sts.amazonaws.com/token',
            audience: 'sts.amazonaws.com',
            expirationSeconds: 86_400,
          },
        },
        { serviceAccountToken: { path: 'own' } },
      ),
    ],
    { token: (audience, seconds) => Promise.resolve(`token-${asked.push([audience, seconds])}`) },
  );
  expect(await read(volumes, 'sts.amazonaws.com/token')).toBe('token-1');
  expect(await read(volumes, 'own')).toBe('token-2');
  expect(asked).toEqual([
    ['sts.amazonaws.com', 86_400],
    ['', 3600],
  ]);
  expect(await modeOf(at(volumes, 'own'))).toBe(0o644);
  await volumes.refresh();
  expect(await read(volumes, 'sts.amazonaws.com/token')).toBe('token-3');
});

test('without somebody who makes tokens, a token is left out and noted', async () => {
  const volumes = await make([projected({ serviceAccountToken: { path: 'token' } })]);
  expect(volumes.notes).toEqual(['volume v: nobody here makes tokens of ServiceAccounts; left out']);
  expect(await readdir(at(volumes, ''))).toEqual([]);
});

test('a Secret: all keys, or the named ones at their paths with their modes', async () => {
  const data = secrets({ s: { a: '1', b: new Uint8Array([0xff, 0x00]) } });
  const all = await make([projected({ secret: { name: 's' } })], data);
  expect((await readdir(at(all, ''))).toSorted()).toEqual(['a', 'b']);
  expect([...(await readFile(at(all, 'b')))]).toEqual([0xff, 0x00]);
  const some = await make(
    [projected({ secret: { name: 's', items: [{ key: 'a', path: 'deep/er', mode: 0o400 }] } })],
    data,
  );
  expect(await readdir(at(some, ''))).toEqual(['deep']);
  expect(await read(some, 'deep/er')).toBe('1');
  expect(await modeOf(at(some, 'deep/er'))).toBe(0o400);
});

test('an absent Secret, or key of it, keeps the pod from starting unless it is optional', async () => {
  const items = [{ key: 'x', path: 'x' }];
  const gone = secrets({});
  const empty = secrets({ s: {} });
  await expect(make([projected({ secret: { name: 's' } })], gone)).rejects.toThrow(
    'Secret s is required and not there',
  );
  await expect(make([projected({ secret: { name: 's', items } })], empty)).rejects.toThrow(
    'key x of Secret s is required',
  );
  await expect(make([projected({ secret: { name: 's' } })])).rejects.toThrow('required');
  for (const options of [gone, empty]) {
    const volumes = await make([projected({ secret: { name: 's', items, optional: true } })], options);
    expect(await readdir(at(volumes, ''))).toEqual([]);
  }
});

test('an optional Secret comes and goes at refresh', async () => {
  const data: Record<string, ObjectData> = {};
  const volumes = await make([projected({ secret: { name: 's', optional: true } })], secrets(data));
  data.s = { key: 'value' };
  await volumes.refresh();
  expect(await read(volumes, 'key')).toBe('value');
  delete data.s;
  await volumes.refresh();
  expect(await readdir(at(volumes, ''))).toEqual([]);
});

test('what every pod has for the apiserver: ConfigMap and fields of the pod', async () => {
  const volumes = await make(
    [
      projected(
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
      ),
    ],
    secrets({ 'kube-root-ca.crt': { 'ca.crt': 'pem' } }),
  );
  expect(await read(volumes, 'ca.crt')).toBe('pem');
  expect(await read(volumes, 'namespace')).toBe('n');
});

test('other kinds of volumes and sources are left out and noted', async () => {
  const other = { name: 'host', hostPath: { path: '/' } } as Volume;
  const source = { clusterTrustBundle: { path: 'x' } } as ProjectedSource;
  const volumes = await make([other, projected(source)]);
  expect([...volumes.paths.keys()]).toEqual(['v']);
  expect(volumes.notes).toEqual([
    'volume host: hostPath is not made here; left out',
    'volume v: a source clusterTrustBundle is not made here; left out',
  ]);
});

test.each(['../out', '/out', 'a/../../out'])('a path %s out of the volume is refused', async (path) => {
  const data = secrets({ s: { a: '' } });
  await expect(make([projected({ secret: { name: 's', items: [{ key: 'a', path }] } })], data)).rejects.toThrow(
    'leads out',
  );
});

test('what was made before an error is taken away', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'rolechain-test-'));
  try {
    await expect(make([projected({ secret: { name: 's' } })], { parent })).rejects.toThrow('required');
    expect(await readdir(parent)).toEqual([]);
  } finally {
    await rm(parent, { recursive: true });
  }
});

test('remove takes everything away', async () => {
  const volumes = await make([{ name: 'v', emptyDir: {} }]);
  await volumes.remove();
  expect(existsSync(volumes.folder)).toBe(false);
});

test('the end of the process takes away what was not removed', () => {
  const code = `
    const { makeVolumes } = await import(${JSON.stringify(join(__dirname, 'volumes.ts'))});
    const pod = { spec: { volumes: [{ name: 'v', emptyDir: {} }] } };
    const all = [];
    for (let i = 0; i < 12; i++) all.push(await makeVolumes(pod));
    await all[0].remove();
    console.log(all.map(({ folder }) => folder).join(' '));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const folders = stdout.trim().split(' ');
  expect(folders).toHaveLength(12);
  for (const folder of folders) expect(existsSync(folder)).toBe(false);
});
