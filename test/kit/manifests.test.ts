import { parseManifests, podOf, type KubeObject } from './manifests.ts';

const one = (text: string): KubeObject => {
  const [object, ...others] = parseManifests(text);
  if (!object || others.length > 0) throw new Error('it is not one object');
  return object;
};
const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';

test.each<[string, string, unknown]>([
  ['octal numbers of YAML 1.1, as modes are written', 'x: 0644', 420],
  ['octal numbers of YAML 1.2 too', 'x: 0o644', 420],
  ['yes as true', 'x: yes', true],
  ['ports as they stand: no number to the base of 60', 'x: 22:22', '22:22'],
  ['dates as they stand', 'x: 2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
  ['the last one of two keys', 'x: 1\nx: 2', 2],
  ['merge keys', 'y: &y {a: 1}\nx: {<<: *y, b: 2}', { a: 1, b: 2 }],
])('it reads as kubectl does: %s', (_name, line, value) => {
  expect(one(head + line).x).toEqual(value);
});

test('JSON with tabs, empty documents, Lists of any objects and of one kind, within each other', () => {
  const pods = { apiVersion: 'v1', kind: 'PodList', items: [{ metadata: { name: 'b' } }] };
  const service = { apiVersion: 'v1', kind: 'Service' };
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [service, pods, null] }, null, '\t');
  expect(parseManifests(`---\n---\n${text}\n---\n`)).toEqual([
    { ...service, metadata: {} },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b' } },
  ]);
  expect(parseManifests('')).toEqual([]);
});

test('what is no manifest is said', () => {
  expect(() => parseManifests('a: b')).toThrow('a document has no apiVersion and kind');
  expect(() => parseManifests('text')).toThrow('a document has no apiVersion and kind');
  expect(() => parseManifests(`${head}x: [`)).toThrow(/at line 4/);
});

const template = {
  metadata: { name: 'ignored', labels: { app: 'a' }, ownerReferences: [] },
  spec: {
    containers: [],
    volumes: [
      { name: 'log', emptyDir: {} },
      { name: 'tmp', emptyDir: {} },
    ],
  },
};
const set = (spec: object): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db' },
  spec: { template, ...spec },
});

test('the first pod of a StatefulSet has the identity and the claims that the controller gives it', () => {
  const claims = [{ metadata: { name: 'data' } }, { metadata: { name: 'log' } }];
  const spec = { serviceName: 'peers', ordinals: { start: 3 }, volumeClaimTemplates: claims };
  expect(podOf(set(spec), 'shop')).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'db-3',
      namespace: 'shop',
      labels: { app: 'a', 'statefulset.kubernetes.io/pod-name': 'db-3', 'apps.kubernetes.io/pod-index': '3' },
    },
    spec: {
      containers: [],
      hostname: 'db-3',
      subdomain: 'peers',
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: 'data-db-3' } },
        { name: 'log', persistentVolumeClaim: { claimName: 'log-db-3' } },
        { name: 'tmp', emptyDir: {} },
      ],
    },
  });
  expect(podOf(set({ volumeClaimTemplates: null }), 'shop')).toMatchObject({
    spec: { volumes: template.spec.volumes },
  });
});

test('of a template, a pod has labels, annotations and finalizers', () => {
  const pod = podOf({ ...set({}), kind: 'Deployment' }, 'shop');
  expect(pod?.metadata).toEqual({ generateName: 'db-', namespace: 'shop', labels: { app: 'a' } });
  expect(podOf({ apiVersion: 'v1', kind: 'Service', metadata: {} }, 'shop')).toBeUndefined();
  expect(podOf({ apiVersion: 'v1', kind: 'Job', metadata: {}, spec: null }, 'shop')).toBeUndefined();
});
