/** `inject` and `uninject`: any manifest, its comments and spelling, and the way back. */
import { Readable } from 'node:stream';
import Ajv from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { arbitraryPod } from '@rolechain/kit/models/pods.ts';
import { runs } from '@rolechain/kit/runs.ts';
import { notToRestore } from '@rolechain/kit/unmanaged/restored.ts';
import { ROOT } from '../../scripts/build/root.ts';
import type { InjectReport } from '../../cli/src/report-schemas/inject.ts';
import { runCommand, type Said } from './call.ts';
import { expectGolden } from './golden.ts';
import { SETTINGS_TEXT, settingsFile } from './settings.ts';

const ACCOUNT = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: orders
  namespace: shop
  annotations:
    rolechain.io/assume-role: arn:aws:iam::222222222222:role/orders
`;
const piped = (text: string): { stdin: Readable } => ({ stdin: Readable.from([text]) });
async function inject(text: string, ...more: string[]): Promise<Said> {
  const account = await settingsFile(ACCOUNT);
  const settings = await settingsFile(SETTINGS_TEXT);
  return runCommand(
    ['inject', '-f', '-', '-n', 'shop', '--service-account', account, '--settings', settings, ...more],
    piped(text),
  );
}
const uninject = (text: string, ...more: string[]): Promise<Said> =>
  runCommand(['uninject', '-f', '-', ...more], piped(text));
const SPEC = { serviceAccountName: 'orders', containers: [{ name: 'app', image: 'app:1' }] };
const template = { metadata: { labels: { app: 'orders' } }, spec: SPEC };
const KINDS: Readonly<Record<string, object>> = {
  Pod: { spec: SPEC },
  PodTemplate: { template },
  ...Object.fromEntries(
    ['ReplicationController', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'Rollout'].map((kind) => [
      kind,
      { spec: { template } },
    ]),
  ),
  CronJob: { spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template } } } },
};

test.each(Object.entries(KINDS))('%s is injected, and given back', async (kind, rest) => {
  const object = { apiVersion: 'v1', kind, metadata: { name: 'x', namespace: 'shop' }, ...rest };
  const { code, out, err } = await inject(stringify(object));
  expect([code, err]).toEqual([0, `${kind} shop/x (standard input): injected [Injected]\n`]);
  expect(out).toContain('name: AWS_CONTAINER_CREDENTIALS_FULL_URI');
  expect(parse((await uninject(out)).out)).toEqual(object);
});

const COMMENTED = `# Head.
---
# Of the Deployment.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: orders # its name
spec:
  replicas: 1e0
  template:
    spec:
      serviceAccountName: orders
      containers:
      # The application.
      - name: app
        image: "app:1"
        command: [sh, -c, 'echo yes']
        securityContext: {runAsUser: 0755}
---
# Not ours.
kind:   Secret
data: {a:   b}
`;

test('comments, spelling and documents without pods stay', async () => {
  const { out } = await inject(COMMENTED);
  for (const line of [
    '# Head.',
    '# Of the Deployment.',
    '  name: orders # its name',
    '  replicas: 1e0',
    '      # The application.',
    '      - name: app',
    '{runAsUser: 0755}',
    "'echo yes'",
    '# Not ours.\nkind:   Secret\ndata: {a:   b}\n',
  ]) {
    expect(out).toContain(line);
  }
  const { out: diff } = await inject(COMMENTED, '--diff');
  expect(diff.split('\n').filter((line) => line.startsWith('-'))).toEqual(['--- standard input\tbefore']);
  expect(diff).toContain('+      - name: rolechain');
});

test('a List, and aliases: what they share is written out where it changes', async () => {
  const text = `kind: List
items:
- kind: Pod
  metadata: {name: a, namespace: shop}
  spec: &spec {serviceAccountName: orders, containers: [{name: app}]}
- kind: Pod
  metadata: {name: b, namespace: elsewhere}
  spec: *spec
- {kind: ServiceAccount, metadata: {name: orders, namespace: elsewhere}}
`;
  const { out, err } = await inject(text);
  const [a, b] = (parse(out) as { items: { spec: { initContainers?: unknown } }[] }).items;
  expect([a?.spec.initContainers !== undefined, b?.spec.initContainers]).toEqual([true, undefined]);
  expect(err).toContain('comments are gone');
});

test('JSON stays JSON', async () => {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'shop' }, spec: SPEC };
  const { out } = await inject(JSON.stringify(object, null, 4));
  expect(out.startsWith('{\n    "apiVersion"')).toBe(true);
  expect(JSON.parse((await uninject(out)).out)).toEqual(object);
});

test('what the webhook refuses stays as it is, and is said with exit code 1; an account that is not known, too', async () => {
  const pod = { kind: 'Pod', metadata: { name: 'x', namespace: 'shop' }, spec: { ...SPEC, hostNetwork: true } };
  const refused = await inject(stringify(pod));
  expect([refused.code, parse(refused.out)]).toEqual([1, pod]);
  expect(refused.err).toContain('[HostNetwork]');
  const unknown = await inject(stringify({ ...pod, spec: { ...SPEC, serviceAccountName: 'nobody' } }));
  expect([unknown.code, unknown.err.includes('ServiceAccount shop/nobody is not in the input.')]).toEqual([1, true]);
});

test('the report has its schema, and no token is ever written', async () => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'docs/schemas/cli/inject.schema.json'), 'utf8')) as object;
  const pod = {
    kind: 'Pod',
    metadata: { name: 'x', namespace: 'shop', annotations: { 'rolechain.io/authorization-token': 'env' } },
    spec: SPEC,
  };
  const { out } = await inject(stringify(pod), '-o', 'json');
  const report = JSON.parse(out) as InjectReport;
  expect(new Ajv().validate(schema, report)).toBe(true);
  expect(report.objects[0]).toMatchObject({ outcome: 'injected', changed: true });
  expect(out).not.toContain('"AWS_CONTAINER_AUTHORIZATION_TOKEN"');
  expect(out).toContain('the token is not written here');
});

test('without settings there is no image to write', async () => {
  const { code, err } = await runCommand(['inject', '-f', '-'], piped(ACCOUNT));
  expect([code, err.includes('--settings')]).toEqual([2, true]);
});

test('uninject(inject(x)) is x, up to what cannot be known', async () => {
  let changed = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryPod, async (pod) => {
      const asked = {
        ...pod,
        kind: 'Pod',
        metadata: { ...pod.metadata, namespace: 'shop' },
        spec: { ...pod.spec, serviceAccountName: 'orders' },
      };
      const { out } = await inject(stringify(asked));
      const [injected] = parseAllDocuments(out).map((document) => document.toJS() as typeof asked);
      const status = JSON.parse(injected?.metadata.annotations?.['rolechain.io/status'] ?? '{}') as {
        containers?: object;
      };
      const held = injected?.spec.initContainers?.some(({ name }) => name === 'rolechain')
        ? Object.keys(status.containers ?? {})
        : [];
      if (held.length > 0) changed++;
      const back: unknown = parse((await uninject(out)).out);
      expect(notToRestore(back, [])).toEqual(notToRestore(asked, held));
    }),
    { numRuns: runs(100) },
  );
  expect(changed).toBeGreaterThan(runs(20));
});

test("the demo's manifests: what is printed, as people have read it, and the way back", async () => {
  const manifests = join(ROOT, 'demo/orders.yaml');
  const settings = ['--settings', join(ROOT, 'manifests/base/settings.yaml')];
  const { out, err, code } = await runCommand(['inject', '-f', manifests, ...settings]);
  expect([code, err.replace(ROOT, '')]).toEqual([
    0,
    'Deployment shop/orders (demo/orders.yaml): injected [Injected]\n',
  ]);
  expectGolden('inject.txt', out);
  const { out: diff } = await runCommand(['inject', '-f', manifests, ...settings, '--diff']);
  expectGolden('inject-diff.txt', diff.replaceAll(ROOT, ''));
  expect((await uninject(out)).out).toBe(readFileSync(manifests, 'utf8'));
});
