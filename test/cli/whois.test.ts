/** `rolechain whois` on a real apiserver, with pods that the webhook made. */
import { CoreV1Api, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, sessionName } from '@rolechain/shared';
import { REPORT, type WhoisReport } from '../../cli/src/report-schemas/whois.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll } from '../fixture/install.ts';
import { account, install, namespace, type Installed } from '../guard/installed.ts';
import type { Ran } from '../node/run.ts';
import { rolechain } from './program.ts';

const ORDERS = 'arn:aws:iam::222222222222:role/teams/orders';
const AUDIT = 'arn:aws:iam::333333333333:role/audit';
const ANNOTATION = `roleARN: ${ORDERS}\nroles:\n  audit:\n    via: [{roleARN: "${AUDIT}"}]\n    roleARN: ${AUDIT}-2\n    sessionName: '{cluster}-{serviceAccount}'\n`;
const HELD = { 'rolechain.io/container-roles': 'app=default,exporter=audit' };
/** With its namespace over 64 characters. */
const LONG = `orders-${'x'.repeat(50)}-5f6d8`;
const CUT = sessionName('{namespace}.{pod}', { namespace: 'shop', pod: LONG });

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'rolechain-whois-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function reportOf({ code, stdout, stderr }: Ran, expected: number): WhoisReport {
  expect({ code, stderr }).toEqual({ code: expected, stderr: '' });
  const checked = check(REPORT, JSON.parse(stdout));
  if (!checked.ok) throw new Error(checked.problems.map(({ path, text }) => `${path} ${text}`).join(', '));
  return checked.value;
}

describeWithCluster('whois', (cluster) => {
  let installed: Installed;
  const core = (): CoreV1Api => cluster().kubeConfig.makeApiClient(CoreV1Api);
  const create = (name: string, serviceAccountName: string, rest: object = {}, annotations = {}): Promise<unknown> =>
    core().createNamespacedPod({
      namespace: 'shop',
      body: {
        metadata: { name, annotations },
        spec: {
          serviceAccountName,
          containers: [
            { name: 'app', image: 'a:1' },
            { name: 'exporter', image: 'a:1' },
          ],
          ...rest,
        },
      },
    });
  const whois = (...args: readonly string[]): Promise<Ran> =>
    rolechain(['whois', `--kubeconfig=${cluster().kubeconfigPath}`, ...args]);

  beforeAll(async () => {
    installed = await install(cluster(), { settings: { cluster: 'prod' } });
    await applyAll(cluster().kubeConfig, [
      account('shop', 'two', ANNOTATION),
      account('shop', 'gone', AUDIT),
      namespace('web'),
    ]);
    await installed.untilAnswered();
    await create('orders-1', 'two', {}, HELD);
    await create(LONG, 'two', {}, HELD);
    // Of a version that wrote fields which this one does not know.
    const config = {
      version: 99,
      namespace: 'shop',
      serviceAccount: 'plain',
      later: {},
      roles: { default: { more: 1, hops: [{ roleARN: AUDIT, sessionName: 'v99-{pod}', later: true }] } },
    };
    const sidecar = {
      name: 'rolechain',
      image: 'r:99',
      env: [{ name: 'ROLECHAIN_CONFIG', value: JSON.stringify(config) }],
    };
    await create('later', 'plain', { initContainers: [sidecar] });
  });
  afterAll(() => installed.stop());

  test('a name of the default template: pod, role, containers, ServiceAccount and annotation', async () => {
    const { code, stdout, stderr } = await whois('arn:aws:sts::222222222222:assumed-role/orders/shop.orders-1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`shop.orders-1 of role orders in account 222222222222
  One pod makes this name.
  pod shop/orders-1 (Pending)
    role default (app): ${ORDERS}, session name {namespace}.{pod}
    ServiceAccount shop/two, rolechain.io/assume-role:
      roleARN: ${ORDERS}
      roles:
        audit:
          via: [{roleARN: "${AUDIT}"}]
          roleARN: ${AUDIT}-2
          sessionName: '{cluster}-{serviceAccount}'
`);
  });

  test('one that was cut and hashed', async () => {
    expect(CUT).toHaveLength(64);
    const { subjects } = reportOf(await whois(CUT, '-o', 'json'), 0);
    expect(subjects).toMatchObject([
      { session: CUT, role: null, name: { form: 'hashed', namespace: 'shop' }, verdict: 'found' },
    ]);
    // The name alone does not say which of its roles it was: default, and the first hop to audit.
    expect(subjects[0]?.pods.map(({ name, role, hop, hops }) => ({ name, role, hop, hops }))).toEqual([
      { name: LONG, role: 'default', hop: 1, hops: 1 },
      { name: LONG, role: 'audit', hop: 1, hops: 2 },
    ]);
  });

  test('a template that does not tell pods apart: all of them, and exit code 1', async () => {
    const { code, stdout } = await whois('prod-two');
    expect(code).toBe(1);
    expect(stdout).toContain('2 pods make this name: their templates do not tell them apart.');
    expect(
      stdout.match(/role audit \(exporter\): \S+role\/audit-2, session name \{cluster\}-\{serviceAccount\}/g),
    ).toHaveLength(2);
  });

  test('the ARN says which hop it was, and another account nobody', async () => {
    const first = await whois('arn:aws:sts::333333333333:assumed-role/audit/shop.orders-1');
    expect(first.stdout).toContain(
      `    hop 1 of 2 to role audit (exporter): ${AUDIT}, session name {namespace}.{pod}\n`,
    );
    const other = await whois('arn:aws:sts::444444444444:assumed-role/audit/shop.orders-1');
    expect(other).toMatchObject({
      code: 1,
      stdout: `shop.orders-1 of role audit in account 444444444444
  No pod and no annotation makes this name. By the default template, pod orders-1 of namespace shop. Its ServiceAccount may be gone or annotated otherwise.
`,
    });
  });

  test('a pod of another version', async () => {
    const { subjects } = reportOf(await whois('v99-later', '-o', 'json'), 0);
    expect(subjects[0]?.pods).toMatchObject([{ name: 'later', roleARN: AUDIT, containers: [] }]);
    expect(subjects[0]?.annotations).toEqual({ 'shop/plain': null });
  });

  test('a pod that is gone: the ServiceAccounts that make such names', async () => {
    const { code, stdout } = await whois('arn:aws:sts::333333333333:assumed-role/audit/shop.gone-7');
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: `shop.gone-7 of role audit in account 333333333333
  No pod that is there makes this name. These ServiceAccounts make names like it:
  ServiceAccount shop/gone, rolechain.io/assume-role: ${AUDIT}
    role default: ${AUDIT}, session name {namespace}.{pod}
  ServiceAccount shop/two, rolechain.io/assume-role:
      roleARN: ${ORDERS}
      roles:
        audit:
          via: [{roleARN: "${AUDIT}"}]
          roleARN: ${AUDIT}-2
          sessionName: '{cluster}-{serviceAccount}'
    role audit: ${AUDIT}, session name {namespace}.{pod}
`,
    });
  });

  test('CloudTrail records on standard input: each session, by its tags where EKS named it', async () => {
    const eks = 'eks-prod-orders-1-0b5d1a1e-1111-4222-8333-0123456789ab';
    const tags = [
      { key: 'kubernetes-namespace', value: 'shop' },
      { key: 'kubernetes-pod-name', value: 'orders-1' },
    ];
    const record = (session: string, more: object = {}): object => ({
      eventName: 'AssumeRole',
      eventTime: '2026-11-27T17:00:00Z',
      requestParameters: { roleArn: ORDERS, roleSessionName: session, ...more },
    });
    const records = { Records: [record('shop.orders-1'), record(eks, { tags }), record('nobody')] };
    const args = ['whois', `--kubeconfig=${cluster().kubeconfigPath}`, '-f', '-', '-o', 'json'];
    const { subjects } = reportOf(await rolechain(args, { input: JSON.stringify(records) }), 1);
    expect(subjects.map(({ session, verdict, pods }) => [session, verdict, pods[0]?.name])).toEqual([
      ['shop.orders-1', 'found', 'orders-1'],
      [eks, 'found', 'orders-1'],
      ['nobody', 'unknown', undefined],
    ]);
  });

  test('without rights it says which right; of the ServiceAccount alone it does without', async () => {
    const kubeconfig = await cluster().kubeconfigFor({ namespace: 'shop', serviceAccount: 'plain' });
    const asked = (...more: string[]): Promise<Ran> =>
      rolechain(['whois', 'shop.orders-1', `--kubeconfig=${kubeconfig}`, ...more]);
    expect(await asked()).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `error ClusterForbidden: The apiserver forbids it. User system:serviceaccount:shop:plain cannot list pods.
Ask for a ClusterRole with the rule {apiGroups: [""], resources: ["pods"], verbs: ["list"]}. -n asks one namespace alone, and --offline says what the name says alone.
`,
    });
    const rbac = cluster().kubeConfig.makeApiClient(RbacAuthorizationV1Api);
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];
    await rbac.createNamespacedRole({ namespace: 'shop', body: { metadata: { name: 'pods' }, rules } });
    const subjects = [{ kind: 'ServiceAccount', name: 'plain', namespace: 'shop' }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'pods' };
    await rbac.createNamespacedRoleBinding({
      namespace: 'shop',
      body: { metadata: { name: 'pods' }, subjects, roleRef },
    });
    const { code, stdout } = await asked('-n', 'shop');
    expect(code).toBe(0);
    expect(stdout).toContain('  pod shop/orders-1 (Pending)\n');
    expect(stdout).toContain('    ServiceAccount shop/two, which could not be read\n');
    expect(stdout).toContain(
      '\nnote: The apiserver forbids it. User system:serviceaccount:shop:plain cannot get serviceaccounts in namespace shop.',
    );
  });
});

test('no cluster: the server, the cause, and what goes without', async () => {
  const kubeconfig = join(folder, 'nowhere');
  const at = { name: 'c', cluster: { server: 'https://127.0.0.1:1' } };
  const context = { name: 'x', context: { cluster: 'c', user: 'u' } };
  writeFileSync(
    kubeconfig,
    JSON.stringify({ clusters: [at], users: [{ name: 'u', user: {} }], contexts: [context], 'current-context': 'x' }),
  );
  const { code, stdout, stderr } = await rolechain(['whois', 'shop.a', `--kubeconfig=${kubeconfig}`]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(
    /^error ClusterUnreachable: .*https:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*\n.* --offline says what the name says alone\.\n$/,
  );
});

test.each([
  ['shop.orders-1', 'shop.orders-1\n  By the default template, pod orders-1 of namespace shop.\n'],
  [
    CUT,
    `${CUT}\n  By the default template, a pod of namespace shop whose name begins with ${LONG.slice(0, 48)}. It was cut, and ends in a hash of the whole.\n`,
  ],
  ['alice', 'alice\n  It has not the form of the default template, NAMESPACE.POD.\n'],
])('offline, %s says what it says', async (name, expected) => {
  expect(await rolechain(['whois', '--offline', name])).toEqual({ code: 0, stdout: expected, stderr: '' });
});

test('a name and a file, or neither: usage, and exit code 2', async () => {
  expect(await rolechain(['whois'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^error UsageInvalid: .*A name is missing\.\n/),
  });
  expect((await rolechain(['whois', 'shop.a', '-f', '-'])).stderr).toMatch(/A name and a file were given\./);
});
