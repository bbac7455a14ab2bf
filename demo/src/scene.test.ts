import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO_ROLE, readScene } from './scene.ts';

const WORKLOADS = join(__dirname, '..', 'workloads');
const scene = (file: string, name?: string) => readScene(readFileSync(join(WORKLOADS, file), 'utf8'), file, name);
const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n';

test('the first workload whose account asks for a role, or the one that is named', () => {
  expect(scene('several.yaml').workload).toBe('Pod audit/orders');
  expect(scene('several.yaml', 'cleanup').workload).toBe('CronJob audit/cleanup');
  expect(scene('several.yaml', 'Deployment/front').workload).toBe('Deployment audit/front');
  expect(() => scene('several.yaml', 'back')).toThrow(
    'several.yaml has no workload back. It has Deployment/front, Pod/orders, CronJob/cleanup.',
  );
});

test('a pod that asks to be left alone is not the one to be shown', () => {
  const account =
    'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s, annotations: {rolechain.io/assume-role: x}}\n';
  const pod = (name: string, annotations: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, annotations: ${annotations}}\nspec: {serviceAccountName: s}\n`;
  const text = [account, pod('a', '{rolechain.io/inject: "false"}'), pod('b', '{}')].join('---\n');
  expect(readScene(text, 'f').workload).toBe('Pod default/b');
});

test('an account that is missing or asks for nothing gets a role, and it says how to do that', () => {
  const command = 'kubectl -n default annotate serviceaccount default rolechain.io/assume-role=ARN';
  const annotated = { metadata: { name: 'default', annotations: { 'rolechain.io/assume-role': DEMO_ROLE } } };
  const missing = readScene(POD, 'f');
  expect(missing.notes).toEqual([
    `f has no ServiceAccount default/default, as which the pod runs: here it asks for ${DEMO_ROLE}. In your cluster: ${command}`,
  ]);
  expect(missing.objects).toMatchObject([{ kind: 'Namespace', metadata: { name: 'default' } }, annotated]);
  const plain = readScene(
    `${POD}---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, labels: {a: b}}\n`,
    'f',
  );
  expect(plain.notes).toEqual([
    expect.stringContaining('f has no annotation rolechain.io/assume-role on ServiceAccount'),
  ]);
  expect(plain.objects[1]).toMatchObject({ metadata: { ...annotated.metadata, labels: { a: 'b' } } });
});

test('classes and Secrets that the file lacks are made, and named', () => {
  const { notes, objects } = scene('deployment.yaml');
  expect(objects.map(({ kind }) => kind)).toEqual(['Namespace', 'ServiceAccount', 'PriorityClass']);
  expect(notes).toEqual([
    expect.stringContaining('ServiceAccount shop/api'),
    expect.stringContaining('PriorityClass high'),
  ]);
  const several = scene('several.yaml');
  expect(several.secrets).toEqual({ 'orders-aws': { 'external-id': 'demo-external-id' } });
  expect(several.notes).toEqual([expect.stringContaining('no key external-id of Secret orders-aws')]);
});

test('the Secret of an external ID is taken from the file', () => {
  const secret = (data: string): string =>
    `\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: orders-aws, namespace: audit}\n${data}\n`;
  const text = readFileSync(join(WORKLOADS, 'several.yaml'), 'utf8');
  const encoded = Buffer.from('x-42').toString('base64');
  for (const data of [`data: {external-id: ${encoded}}`, 'stringData: {external-id: x-42}']) {
    const { secrets, notes } = readScene(text + secret(data), 'f');
    expect([secrets, notes]).toEqual([{ 'orders-aws': { 'external-id': 'x-42' } }, []]);
  }
});

test('what the apiserver had set is not sent to it', () => {
  const { pod, objects } = scene('exported.yaml');
  expect(pod.metadata).toEqual({ name: 'exported', namespace: 'default' });
  expect(pod.status).toBeUndefined();
  expect(objects[1]?.metadata).not.toHaveProperty('uid');
});

test('a file without a workload is told what it has', () => {
  const takes =
    'The demo takes a Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob or PodTemplate.';
  expect(() => readScene('apiVersion: v1\nkind: Service\n', 'f')).toThrow(`f has no workload, only Service. ${takes}`);
  expect(() => readScene('', 'f')).toThrow(`f has no workload. ${takes}`);
});
