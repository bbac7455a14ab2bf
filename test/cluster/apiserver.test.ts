import { AuthenticationV1Api, CoreV1Api, KubeConfig, VersionApi, type V1Pod } from '@kubernetes/client-node';
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { locateBinaries } from './binaries.ts';
import { describeWithCluster } from './jest.ts';
import { chosenRelease, kubernetesVersion } from './releases.ts';
import { lastAnswer } from '@rolechain/kit/until.ts';
import { labellingWebhook, register } from './testing/webhook.ts';

const pod: V1Pod = {
  metadata: { generateName: 'pod-' },
  spec: { serviceAccountName: 'app', containers: [{ name: 'app', image: 'example.com/app:1' }] },
};

describeWithCluster('the test cluster', (cluster) => {
  const core = () => cluster().kubeConfig.makeApiClient(CoreV1Api);
  const makeNamespace = async (name: string) => {
    await core().createNamespace({ body: { metadata: { name } } });
    await core().createNamespacedServiceAccount({ namespace: name, body: { metadata: { name: 'app' } } });
  };
  const dryRun = (namespace: string) => core().createNamespacedPod({ namespace, body: pod, dryRun: 'All' });

  test('is of the version that is pinned', async () => {
    const { gitVersion } = await cluster().kubeConfig.makeApiClient(VersionApi).getCode();
    if (process.env.KUBEBUILDER_ASSETS) expect(gitVersion).toMatch(/^v1\./);
    else expect(gitVersion).toBe(kubernetesVersion(chosenRelease()));
  });

  test('admits a pod whose ServiceAccount exists, and only then', async () => {
    await core().createNamespace({ body: { metadata: { name: 'admission' } } });
    await expect(dryRun('admission')).rejects.toMatchObject({ code: 403 });
    await core().createNamespacedServiceAccount({ namespace: 'admission', body: { metadata: { name: 'app' } } });
    const created = await dryRun('admission');
    // The volume of the token is what ServiceAccount admission adds.
    expect(created.spec?.volumes?.[0]?.projected?.sources?.[0]?.serviceAccountToken).toBeDefined();
  });

  test('knows a ServiceAccount by its token and gives it no rights', async () => {
    await makeNamespace('accounts');
    const account = new KubeConfig();
    account.loadFromFile(await cluster().kubeconfigFor({ namespace: 'accounts', serviceAccount: 'app' }));
    const review = await account.makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body: {} });
    expect(review.status?.userInfo?.username).toBe('system:serviceaccount:accounts:app');
    const list = account.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: 'accounts' });
    await expect(list).rejects.toMatchObject({ code: 403 });
  });

  test('refuses a token that it has not given', async () => {
    const stranger = new KubeConfig();
    stranger.loadFromFile(cluster().kubeconfigPath);
    stranger.users = stranger.users.map((user) => ({ ...user, token: 'wrong' }));
    await expect(stranger.makeApiClient(CoreV1Api).listNamespace()).rejects.toMatchObject({ code: 401 });
  });

  test('calls a webhook on this machine through a Service of type ExternalName', async () => {
    await makeNamespace('hooked');
    const webhook = await labellingWebhook('labeller.hooked.svc');
    await register(cluster().kubeConfig, 'hooked', 'labeller', webhook);
    try {
      const labels = async () => (await dryRun('hooked')).metadata?.labels;
      // kube-apiserver learns of the configuration by a watch.
      expect(await lastAnswer(labels, (found) => found !== undefined)).toEqual({ seen: 'yes' });
      expect(webhook.calls[0]).toEqual({
        path: expect.stringMatching(/^\/mutate\?timeout=/) as string,
        serverName: 'labeller.hooked.svc',
      });
    } finally {
      await webhook.close();
    }
    await expect(dryRun('hooked')).rejects.toMatchObject({
      code: 500,
      body: expect.stringContaining('labeller') as string,
    });
  });

  test('answers nothing while it is paused', async () => {
    const version = cluster().kubeConfig.makeApiClient(VersionApi);
    cluster().pauseApiserver();
    const asked = version.getCode();
    const first = await Promise.race([asked, sleep(500, 'silence')]);
    cluster().resumeApiserver();
    expect(first).toBe('silence');
    expect((await asked).major).toBe('1');
  });

  test('takes a kubeconfig file to kubectl', async () => {
    const binaries = locateBinaries();
    const kubectl = 'reason' in binaries ? undefined : binaries.kubectl;
    if (!kubectl && process.env.CI !== 'true') {
      console.warn('SKIPPED: no kubectl in KUBEBUILDER_ASSETS');
      return;
    }
    const args = ['--kubeconfig', cluster().kubeconfigPath, 'get', '--raw', '/readyz'];
    expect((await promisify(execFile)(kubectl ?? 'missing', args)).stdout).toBe('ok');
  });
});
