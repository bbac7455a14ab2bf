/** `explain` on a real apiserver: what is there, what the user may not read, and pods of other times. */
import { RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { parse } from 'yaml';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import type { StatusReport } from '../../cli/src/report-schemas/status.ts';
import type { ExplainReport, Explanation } from '../../cli/src/report-schemas/explain.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll } from '../fixture/install.ts';
import { runCommand, type Said } from './call.ts';
import { SETTINGS_TEXT, settingsFile } from './settings.ts';

const ROLE = 'rolechain.io/assume-role';
const TARGET = 'arn:aws:iam::222222222222:role/orders';
const SPEC = { serviceAccountName: 'orders', containers: [{ name: 'app', image: 'app:1' }] };
const podOf = (name: string, spec: object = SPEC): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop' },
  spec,
});

const accountOf = (name: string, annotations: Record<string, string> = {}): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'ServiceAccount' },
  metadata: { name, namespace: 'shop', annotations },
});

/** As a webhook of version 0.0.9 made it, while the annotation was another one. */
async function olderPod(): Promise<KubeObject> {
  const before = await settingsFile(
    JSON.stringify({
      kind: 'ServiceAccount',
      metadata: { name: 'orders', namespace: 'shop', annotations: { [ROLE]: `${TARGET}-before` } },
    }),
  );
  const file = await settingsFile(JSON.stringify(podOf('older')));
  const settings = await settingsFile(SETTINGS_TEXT);
  const { out } = await runCommand(['inject', '-f', file, '--service-account', before, '--settings', settings]);
  return parse(out.replace('\\"version\\":\\"0.1.0\\"', '\\"version\\":\\"0.0.9\\"')) as KubeObject;
}

describeWithCluster('explain', (cluster) => {
  const explain = (kubeconfig: string, ...args: string[]): Promise<Said> =>
    runCommand(['explain', ...args, '-n', 'shop', '--kubeconfig', kubeconfig]);
  const asAdmin = async (...args: string[]): Promise<Explanation> => {
    const { out, err } = await explain(cluster().kubeconfigPath, ...args, '-o', 'json');
    const [explanation] = (JSON.parse(out || `{"explanations": [${JSON.stringify(err)}]}`) as ExplainReport)
      .explanations;
    if (!explanation) throw new Error('nothing is explained');
    return explanation;
  };
  const codes = ({ findings }: Explanation): string[] => findings.map(({ code }) => code);

  beforeAll(async () => {
    await applyAll(cluster().kubeConfig, [
      {
        ...{ apiVersion: 'v1', kind: 'Namespace' },
        metadata: { name: 'shop', annotations: { 'rolechain.io/allowed-roles': 'arn:aws:iam::222222222222:role/*' } },
      },
      accountOf('orders', { [ROLE]: TARGET }),
      accountOf('reader'),
      podOf('late'),
      await olderPod(),
    ]);
  });

  test('a pod that was made while nobody called the webhook', async () => {
    const explanation = await asAdmin('pod', 'late');
    expect(explanation).toMatchObject({
      outcome: 'injected',
      recorded: { injected: false },
      live: { kind: 'not-injected' },
      account: { from: 'the cluster', annotation: { key: ROLE } },
      roles: [{ hops: [{ roleARN: TARGET, allowedBy: 'arn:aws:iam::222222222222:role/*' }] }],
    });
    expect(codes(explanation)).toEqual(['NotCalled']);
    const { out } = await explain(cluster().kubeconfigPath, 'pod', 'late');
    expect(out).toContain('Role default, which app would hold once the pod is recreated');
    expect(out).not.toContain('held by');
  });

  test('a pod of an older version, whose annotation has changed since', async () => {
    const explanation = await asAdmin('pod', 'older');
    expect(explanation).toMatchObject({
      recorded: {
        injected: true,
        version: '0.0.9',
        roles: ['default'],
        roleARNs: { default: `${TARGET}-before` },
      },
      live: { kind: 'not-running' },
    });
    expect(codes(explanation)).toEqual(['AnnotationChanged', 'OtherVersion']);
    const { out } = await explain(cluster().kubeconfigPath, 'pod', 'older');
    expect(out).toContain('Role default, which app would hold once the pod is recreated');
    expect(out).toContain(`with default (${TARGET}-before)`);
  });

  test('a pod of another image than that of today: nothing is set back, it is recreated', async () => {
    const settings = await settingsFile(
      SETTINGS_TEXT.replace(/sidecarImage: .*/, 'sidecarImage: registry.example/other:1'),
    );
    const explanation = await asAdmin('pod', 'older', '--settings', settings);
    expect(codes(explanation)).toContain('OtherImage');
    expect(explanation.warnings.join()).not.toContain('set back');
  });

  test('status names ServiceAccounts with mistyped keys in one line, and explain says what is meant', async () => {
    // One of them stands on the wrong object, and one is somebody else's.
    const keys = {
      'asume-role': 'rolechain.io/asume-role',
      underscore: 'rolechain.io/assume_role',
      prefix: 'rolchain.io/assume-role',
      'of-a-pod': 'rolechain.io/inject',
      others: 'example.com/assume-role',
    };
    await applyAll(cluster().kubeConfig, [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'typos' } },
      ...Object.entries(keys).map(([name, key]) => {
        const metadata = { name, namespace: 'typos', annotations: { [key]: TARGET } };
        return { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
      }),
    ]);
    const status = (...args: string[]) => runCommand(['status', '--kubeconfig', cluster().kubeconfigPath, ...args]);
    const { code, out } = await status('typos');
    expect(out.split('\n').filter((line) => line.includes('does not read there'))).toEqual([
      '4 ServiceAccounts have keys that rolechain does not read there: asume-role (rolechain.io/asume-role), of-a-pod (rolechain.io/inject), prefix (rolchain.io/assume-role), underscore (rolechain.io/assume_role). `rolechain explain serviceaccount asume-role -n typos` says what is meant.',
    ]);
    expect(code).toBe(1);
    const { strays } = JSON.parse((await status('typos', '-o', 'json')).out) as StatusReport;
    expect(strays.length).toBe(4);
    for (const { name, namespace, keys } of strays) {
      const how = ['explain', 'serviceaccount', name, '-n', namespace, '--kubeconfig', cluster().kubeconfigPath];
      const explained = await runCommand(how);
      for (const key of keys) expect(explained.out).toContain(`typos/${name}: ${key} `);
    }
    expect((await status('-A')).out).toContain('read there: typos/asume-role (rolechain.io/asume-role), ');
    expect((await status('shop')).out).not.toContain('read there');
  });

  test('a ServiceAccount and a Namespace', async () => {
    expect(await asAdmin('sa', 'orders')).toMatchObject({ outcome: 'injected', roles: [{ name: 'default' }] });
    expect(await asAdmin('ns', 'shop')).toMatchObject({
      subject: { kind: 'Namespace', name: 'shop' },
      outcome: 'skipped',
      namespace: {
        allowedRoles: {
          patterns: ['arn:aws:iam::222222222222:role/*'],
          from: 'annotation rolechain.io/allowed-roles on Namespace shop',
        },
      },
    });
  });

  test("the settings are looked for where the webhook's configuration leads", async () => {
    const settings = (namespace: string, region: string): KubeObject => ({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'rolechain-webhook', namespace } },
      data: { 'settings.yaml': `sidecarImage: x\nregion: ${region}\n` },
    });
    const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await applyAll(cluster().kubeConfig, [
      ...[namespace('rolechain'), namespace('aws-roles')],
      ...[settings('rolechain', 'us-east-1'), settings('aws-roles', 'eu-north-1')],
    ]);
    const regionIn = async (): Promise<unknown> => (await asAdmin('sa', 'orders')).settings.region;
    expect(await regionIn()).toBe('us-east-1');
    const webhook = {
      ...{ name: 'pods.rolechain.io', admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Ignore' },
      clientConfig: { service: { name: 'rolechain-webhook', namespace: 'aws-roles' } },
      // Of no pod: it is looked at alone.
      objectSelector: { matchLabels: { never: 'there' } },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    };
    await applyAll(cluster().kubeConfig, [
      {
        ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration' },
        metadata: { name: 'rolechain', labels: { 'app.kubernetes.io/name': 'rolechain' } },
        webhooks: [webhook],
      },
    ]);
    expect(await regionIn()).toBe('eu-north-1');
  });

  test('what is not there', async () => {
    const { code, err } = await explain(cluster().kubeconfigPath, 'pod', 'nobody');
    expect([code, err.includes('ObjectNotFound')]).toEqual([2, true]);
  });

  test('a user without rights: which one lacks; what is beside the point is assumed, and said', async () => {
    const kubeconfig = await cluster().kubeconfigFor({ namespace: 'shop', serviceAccount: 'reader' });
    const nothing = await explain(kubeconfig, 'pod', 'late');
    expect([nothing.code, nothing.out]).toEqual([2, '']);
    expect(nothing.err).toMatch(/ClusterForbidden[^]*get pods[^]*shop/);
    const rbac = cluster().kubeConfig.makeApiClient(RbacAuthorizationV1Api);
    const rules = [{ apiGroups: [''], resources: ['pods', 'serviceaccounts'], verbs: ['get'] }];
    await rbac.createNamespacedRole({ namespace: 'shop', body: { metadata: { name: 'reader' }, rules } });
    const subjects = [{ kind: 'ServiceAccount', name: 'reader', namespace: 'shop' }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' };
    await rbac.createNamespacedRoleBinding({
      namespace: 'shop',
      body: { metadata: { name: 'reader' }, subjects, roleRef },
    });
    const { out } = await explain(kubeconfig, 'pod', 'late', '-o', 'json');
    const [explanation] = (JSON.parse(out) as ExplainReport).explanations;
    expect(explanation?.outcome).toBe('injected');
    expect(explanation && codes(explanation)).toEqual([
      'ClusterForbidden',
      'ClusterForbidden',
      'ClusterForbidden',
      'NotCalled',
    ]);
    expect(JSON.stringify(explanation?.findings)).toMatch(/configmaps[^]*limitranges[^]*namespaces/);
  });
});

test('no cluster', async () => {
  const { code, err } = await runCommand(['explain', 'pod', 'x', '--kubeconfig', await settingsFile('{}')]);
  expect([code, /error (?:KubeconfigInvalid|ClusterUnreachable)/.test(err)]).toEqual([2, true]);
});
