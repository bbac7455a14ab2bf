/** `rolechain trust-policy` and `check` on a real apiserver: what they read there, without a right, and without a cluster. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RbacAuthorizationV1Api } from '@kubernetes/client-node';
import type { TrustPolicyReport } from '../../cli/src/report-schemas/trust-policy.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll } from '../fixture/install.ts';
import { account, namespace } from '../guard/installed.ts';
import { runCommand } from './call.ts';

const NAMED = {
  ...account('shop', 'orders'),
  metadata: {
    name: 'orders',
    namespace: 'shop',
    annotations: {
      'eks.amazonaws.com/role-arn': 'arn:aws:iam::111111111111:role/base',
      'rolechain.io/assume-role': JSON.stringify({
        roleARN: 'arn:aws:iam::222222222222:role/orders',
        credentialSource: 'irsa',
        sessionName: '{cluster}.{namespace}',
      }),
    },
  },
};

describeWithCluster('the policies of a ServiceAccount of the cluster', (cluster) => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolechain-policies-'));
    const { kubeConfig } = cluster();
    await applyAll(kubeConfig, [namespace('shop'), NAMED, account('shop', 'nobody'), account('shop', 'reader')]);
    const rbac = kubeConfig.makeApiClient(RbacAuthorizationV1Api);
    const rules = [{ apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get'] }];
    await rbac.createNamespacedRole({ namespace: 'shop', body: { metadata: { name: 'reader' }, rules } });
    await rbac.createNamespacedRoleBinding({
      namespace: 'shop',
      body: {
        metadata: { name: 'reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'shop' }],
      },
    });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ask = (kubeconfig: string, ...more: string[]) =>
    runCommand(['trust-policy', 'serviceaccount', 'orders', '-n', 'shop', '--kubeconfig', kubeconfig, ...more]);

  test('the issuer of its tokens is that of the apiserver; the settings are given', async () => {
    const settings = join(folder, 'settings.yaml');
    await writeFile(settings, 'sidecarImage: x\ncluster: prod\n');
    const { out, code } = await ask(cluster().kubeconfigPath, '--settings', settings, '-o', 'json');
    expect(code).toBe(0);
    const { policies } = JSON.parse(out) as TrustPolicyReport;
    const [base, target] = policies.map(({ trustPolicy }) => trustPolicy?.Statement[0]);
    const federated = base?.Principal?.Federated ?? '';
    const issuer = /^arn:aws:iam::111111111111:oidc-provider\/([^<>]+)$/.exec(federated)?.[1] ?? '';
    expect(issuer).not.toBe('');
    expect(base?.Condition?.StringEquals).toEqual({
      [`${issuer}:sub`]: 'system:serviceaccount:shop:orders',
      [`${issuer}:aud`]: 'sts.amazonaws.com',
    });
    expect(target?.Condition?.StringEquals).toMatchObject({ 'sts:RoleSessionName': 'prod.shop' });
  });

  test('a kubeconfig that may read the ServiceAccount alone: what else is not known is said', async () => {
    const reader = await cluster().kubeconfigFor({ namespace: 'shop', serviceAccount: 'reader' });
    const { out, code } = await ask(reader, '-o', 'json');
    // {cluster} is refused by the default settings, which have none.
    expect(code).toBe(1);
    const { refused, notes } = JSON.parse(out) as TrustPolicyReport;
    expect(refused).toContain("names {cluster}, but the webhook's setting cluster is empty");
    expect(notes.join('\n')).toContain('cannot list mutatingwebhookconfigurations');
  });

  test('a kubeconfig without rights: which right lacks', async () => {
    const nobody = await cluster().kubeconfigFor({ namespace: 'shop', serviceAccount: 'nobody' });
    const { out, err, code } = await ask(nobody);
    expect({ out, code }).toEqual({ out: '', code: 2 });
    expect(err).toContain('cannot get serviceaccounts in namespace shop.');
    expect(err).toContain('{apiGroups: [""], resources: ["serviceaccounts"], verbs: ["get"]}');
  });

  test('a ServiceAccount that is not there, one that asks for nothing, and no name', async () => {
    const { kubeconfigPath: kubeconfig } = cluster();
    const named = (...name: string[]) =>
      runCommand(['trust-policy', ...name, '-n', 'shop', '--kubeconfig', kubeconfig]);
    expect(await named('sa', 'absent')).toMatchObject({ code: 2, err: expect.stringContaining('ObjectNotFound') });
    expect(await named('sa', 'nobody')).toMatchObject({ code: 1, out: 'The ServiceAccount asks for no role.\n' });
    expect(await named()).toMatchObject({
      code: 2,
      err: expect.stringContaining('Write serviceaccount NAME, or give -f.'),
    });
  });

  test('check asks the cluster for the same', async () => {
    const settings = join(folder, 'settings.yaml');
    await writeFile(settings, 'sidecarImage: x\ncluster: prod\n');
    const more = ['-n', 'shop', '--kubeconfig', cluster().kubeconfigPath, '--settings', settings];
    const { out } = await runCommand(['trust-policy', 'sa', 'orders', ...more, '-o', 'json']);
    const { policies } = JSON.parse(out) as TrustPolicyReport;
    for (const { roleARN, trustPolicy, permissionPolicy } of policies) {
      const role = join(folder, 'policies', roleARN.split(':')[4] ?? '', roleARN.split(':')[5] ?? '');
      await mkdir(join(role, 'permissions'), { recursive: true });
      await writeFile(join(role, 'trust-policy.json'), JSON.stringify(trustPolicy));
      if (permissionPolicy) await writeFile(join(role, 'permissions', 'chain.json'), JSON.stringify(permissionPolicy));
    }
    const checked = await runCommand(['check', 'sa', 'orders', '--policies', join(folder, 'policies'), ...more]);
    expect(checked).toMatchObject({
      code: 0,
      out: expect.stringContaining('allowed arn:aws:iam::111111111111:role/base'),
    });
  });
});

test('no cluster: server and cause', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-policies-'));
  const kubeconfig = join(folder, 'config');
  const text = JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: { token: 'x' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
  await writeFile(kubeconfig, text, { mode: 0o600 });
  const { code, err } = await runCommand(['trust-policy', 'sa', 'orders', '--kubeconfig', kubeconfig]);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('ClusterUnreachable') });
  expect(err).toContain('https://127.0.0.1:1');
  await rm(folder, { recursive: true });
});
