/** Accounts that a tenant makes large, against the real bundle with a heap far smaller than the shipped one. */
import { CoreV1Api } from '@kubernetes/client-node';
import { ANNOTATIONS } from '@rolechain/shared';
import { freePort } from '@rolechain/kit/free-port.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll, installManifests, leadServiceTo, startWebhook, type WebhookProcess } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';

const KEY = ANNOTATIONS.assumeRole.key;
const ROLE = 'arn:aws:iam::222222222222:role/orders';
/** MiB. At rest the webhook's heap is 20; one of the lists below is 50 and more as text alone. */
const HEAP = 64;

describeWithCluster('beside hostile ServiceAccounts', (cluster) => {
  let webhook: WebhookProcess;
  const core = (): CoreV1Api => cluster().kubeConfig.makeApiClient(CoreV1Api);
  const make = async (count: number, body: (i: number) => object): Promise<void> => {
    for (let i = 0; i < count; i += 4) {
      const some = Array.from({ length: Math.min(4, count - i) }, (_, j) => body(i + j));
      await Promise.all(
        some.map((each) => core().createNamespacedServiceAccount({ namespace: 'default', body: each })),
      );
    }
  };

  beforeAll(async () => {
    await applyAll(cluster().kubeConfig, await installManifests());
    // Most of each object is its list of secrets, and what its managedFields say of them.
    const secrets = Array.from({ length: 16_000 }, (_, i) => ({ name: `a-secret-with-a-long-name-${i}` }));
    await make(20, (i) => ({ metadata: { name: `long-list-${i}` }, secrets }));
    const text = 'x'.repeat(250 * 1024);
    await make(80, (i) => ({ metadata: { name: `large-${i}`, annotations: { [KEY]: text } } }));
    await make(1, () => ({ metadata: { name: 'orders', annotations: { [KEY]: ROLE } } }));
    const port = await freePort();
    await leadServiceTo(cluster().kubeConfig, port, 'patient');
    const kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
    webhook = await startWebhook({ port, kubeconfig, env: { NODE_OPTIONS: `--max-old-space-size=${HEAP}` } });
  }, 10 * PATIENCE_MS);
  afterAll(() => webhook.stop());

  const admitted = async (serviceAccountName: string): Promise<string> => {
    const spec = { serviceAccountName, containers: [{ name: 'app', image: 'app:1' }] };
    try {
      const body = { metadata: { generateName: 'pod-' }, spec };
      const pod = await core().createNamespacedPod({ namespace: 'default', dryRun: 'All', body });
      return (pod.spec?.initContainers ?? []).map(({ name }) => name).join();
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('it lists them all, starts, and answers for the others', async () => {
    // The apiserver hears of the CA bundle by a watch.
    await until('it is asked', PATIENCE_MS, async () => (await admitted('orders')) === 'rolechain');
    expect(await admitted('long-list-7')).toBe('');
    expect(await admitted('large-7')).toMatch(/has more than 32768 bytes.*DocumentTooLarge.*AnnotationInvalid/);
    expect(webhook.log()).toMatch(/"objects":10\d.*"listed"/);
  });

  test('it follows what happens to them', async () => {
    for (let i = 0; i < 20; i++) {
      const metadata = { labels: { round: String(i) } };
      await core().patchNamespacedServiceAccount({
        namespace: 'default',
        name: `long-list-${i}`,
        body: [{ op: 'add', path: '/metadata/labels', value: metadata.labels }],
      });
    }
    await make(1, () => ({ metadata: { name: 'late', annotations: { [KEY]: ROLE } } }));
    await until('the guard hears of it too', PATIENCE_MS, async () => (await admitted('late')) === 'rolechain');
    expect(webhook.log()).not.toMatch(/"CacheNotSynced"/);
  });
});
