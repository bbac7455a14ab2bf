/** `rolechain scan` on a real apiserver: the webhook's decisions on pods that are there, before and after it is installed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import { ANNOTATIONS, FOREIGN_KEYS, check } from '@rolechain/shared';
import { account as accountOf, call } from '@rolechain/webhook/testing/fixtures.ts';
import { REPORT, type ScanReport } from '../../cli/src/report-schemas/scan.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll, installManifests } from '../fixture/install.ts';
import { account, namespace, ROLE } from '../guard/installed.ts';
import { runCommand, type Said } from './call.ts';
import { expectGolden } from './golden.ts';

/** It stands in a pod of the cluster, where the search for secrets would find it: the test itself looks through what is said. */
const KEY = 'not-a-real-key-of-a-pod';
const app = { name: 'app', image: 'registry.example/app:1' };
const withKeys = {
  ...app,
  env: [
    { name: 'AWS_ACCESS_KEY_ID', value: 'AKIDEXAMPLE' },
    { name: 'AWS_SECRET_ACCESS_KEY', value: KEY },
  ],
};
/** As the EKS webhook leaves it. */
const withEks = {
  ...app,
  env: [
    { name: 'AWS_ROLE_ARN', value: 'arn:aws:iam::111111111111:role/irsa' },
    { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token' },
  ],
};

describeWithCluster('scan', (cluster) => {
  let folder: string;
  const pod = (
    name: string,
    serviceAccountName: string,
    spec: object = {},
    of = 'shop',
    metadata: object = {},
  ): V1Pod => ({
    metadata: { name, namespace: of, ...metadata },
    spec: { serviceAccountName, containers: [app], ...spec },
  });
  const ofDeployment = (name: string): object => ({
    labels: { 'pod-template-hash': '7d4' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name}-7d4`, uid: 'u', controller: true }],
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolechain-scan-'));
    const { kubeConfig } = cluster();
    const { metadata, ...rest } = account('shop', 'irsa');
    const annotations = { [ANNOTATIONS.assumeRole.key]: ROLE, [FOREIGN_KEYS.eksRoleARN]: withEks.env[0]!.value };
    const irsa = { ...rest, metadata: { ...metadata, annotations } };
    await applyAll(kubeConfig, [
      namespace('shop'),
      account('shop', 'orders', ROLE),
      account('shop', 'broken', 'arn:aws:iam::1:role/x'),
      account('shop', 'plain'),
      account('shop', 'nobody'),
      irsa,
      account('kube-system', 'orders', ROLE),
    ]);
    const core = kubeConfig.makeApiClient(CoreV1Api);
    const pods = [
      pod('orders-7d4-a', 'orders', {}, 'shop', ofDeployment('orders')),
      pod('orders-7d4-b', 'orders', {}, 'shop', ofDeployment('orders')),
      pod('keys', 'orders', { containers: [withKeys] }),
      pod('unasked-keys', 'plain', { containers: [withKeys] }),
      pod('host', 'orders', { hostNetwork: true }),
      pod('broken', 'broken'),
      pod('irsa', 'irsa', { containers: [withEks] }),
      pod('opted-out', 'orders', {}, 'shop', { annotations: { 'rolechain.io/inject': 'false' } }),
      pod('outside', 'orders', {}, 'kube-system'),
      (call(pod('injected', 'orders') as never, accountOf(ROLE)) as unknown as { pod: V1Pod }).pod,
    ];
    for (const body of pods) await core.createNamespacedPod({ namespace: body.metadata?.namespace ?? '', body });
    const ended = await core.createNamespacedPod({ namespace: 'shop', body: pod('ended', 'orders') });
    ended.status = { phase: 'Succeeded' };
    await core.replaceNamespacedPodStatus({ namespace: 'shop', name: 'ended', body: ended });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const scan = (...args: string[]): Promise<Said> =>
    runCommand(['scan', '--kubeconfig', cluster().kubeconfigPath, ...args]);
  const reportOf = ({ out, err }: Said): ScanReport => {
    const checked = check(REPORT, JSON.parse(out === '' ? err : out));
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    return checked.value;
  };
  const outcomes = ({ workloads }: ScanReport): Record<string, string> =>
    Object.fromEntries(
      workloads.map(({ owner, outcome, reason, pods }) => [owner.name, `${pods} ${outcome} ${reason}`]),
    );

  test('before it is installed: the text', async () => {
    const { out, err, code } = await scan();
    expectGolden('scan.txt', out);
    expect({ err, code }).toEqual({ err: '', code: 1 });
  });

  test('the same as JSON by its schema', async () => {
    const said = await scan('-o', 'json');
    expect(JSON.stringify(said)).not.toContain(KEY);
    const report = reportOf(said);
    expect(outcomes(report)).toEqual({
      orders: '2 injected Injected',
      keys: '1 refused StaticKeys',
      host: '1 refused HostNetwork',
      broken: '1 refused AnnotationInvalid',
      irsa: '1 injected Injected',
      'opted-out': '1 skipped OptedOut',
      outside: '1 not-covered NotCovered',
      injected: '1 injected Injected',
    });
    expect(report.staticKeys.map(({ owner }) => owner.name)).toEqual(['keys', 'unasked-keys']);
    expect(report.workloads.filter(({ isInjected }) => isInjected).map(({ owner }) => owner.name)).toEqual([
      'injected',
    ]);
    expect(report.workloads.find(({ owner }) => owner.name === 'irsa')?.eks).toEqual(['app']);
    // No pod that is there is changed: what a second call would set back is what it gets once it is recreated.
    const there = report.workloads.find(({ isInjected }) => isInjected);
    expect(there?.differs).toMatch(/^env \(ROLECHAIN_CONFIG\), image \(\S+\)$/);
    expect(said.out).not.toMatch(/set back/);
    expect(report.workloads.filter(({ differs }) => differs !== null)).toEqual([there]);
    expect(report).toMatchObject({ installed: null, unasked: 1, notCovered: [{ namespace: 'kube-system', pods: 1 }] });
    expect(report.serviceAccounts.length).toBe(4);
  });

  test('as if every ServiceAccount asked', async () => {
    const report = reportOf(await scan('shop', '--as-if', ROLE, '-o', 'json'));
    expect(outcomes(report)['unasked-keys']).toBe('1 refused StaticKeys');
    expect(report.unasked).toBe(0);
    expect((await scan('--as-if', 'arn:aws:iam::1:role/x')).err).toContain('error UsageInvalid');
  });

  test('with settings of a file: conflicts become warnings', async () => {
    const path = join(folder, 'settings.yaml');
    await writeFile(path, 'sidecarImage: a\nconflicts: warn\n');
    const report = reportOf(await scan('shop', '--settings', path, '-o', 'json'));
    expect(outcomes(report).host).toBe('1 skipped HostNetwork');
    expect((await scan('--settings', join(folder, 'absent'))).err).toContain('error FileUnreadable');
  });

  test('a kubeconfig without rights: which one lacks', async () => {
    const kubeconfig = await cluster().kubeconfigFor({ namespace: 'shop', serviceAccount: 'nobody' });
    const { code, out, err } = await runCommand(['scan', '--kubeconfig', kubeconfig]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/User system:serviceaccount:shop:nobody cannot list (serviceaccounts|namespaces|pods)\./);
  });

  test('once it is installed: its version, and what the manifests leave out is what was said before', async () => {
    const before = reportOf(await scan('-o', 'json'));
    await applyAll(cluster().kubeConfig, await installManifests());
    const after = reportOf(await scan('-o', 'json'));
    expect(after.installed).toBe('0.1.0');
    expect({ ...outcomes(after), notCovered: after.notCovered }).toEqual({
      ...outcomes(before),
      notCovered: before.notCovered,
    });
  });
});
