/**
 * What a namespace brings on a real apiserver: its LimitRanges, with the right to read them and without, and the
 * imagePullSecrets of its ServiceAccounts beside those of the setting.
 */
import { CoreV1Api, type V1Container } from '@kubernetes/client-node';
import { describeWithCluster } from '../cluster/jest.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import type { Pod } from '@rolechain/kit/pod.ts';
import { applyAll, installManifests, leadServiceTo, startWebhook, type WebhookProcess } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { createPod, untilCalled } from '../fixture/fixture.ts';

const ROLE = 'arn:aws:iam::222222222222:role/orders';
const NAMESPACES = ['shop', 'least', 'disk'];
const OBJECTS: KubeObject[] = NAMESPACES.flatMap((namespace) => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  {
    ...{ apiVersion: 'v1', kind: 'ServiceAccount', imagePullSecrets: [{ name: 'of-account' }] },
    metadata: { namespace, name: 'orders', annotations: { 'rolechain.io/assume-role': ROLE } },
  },
]);
const limitRange = (namespace: string, item: object): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'LimitRange', metadata: { namespace, name: 'limits' } },
  spec: { limits: [{ type: 'Container', ...item }] },
});
const ENOUGH = { requests: { cpu: '100m', memory: '128Mi' } };
const podIn = (namespace: string): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'p-', namespace } },
  spec: { serviceAccountName: 'orders', containers: [{ name: 'app', image: 'a', resources: ENOUGH }] },
});
const sidecarOf = (pod: Pod): V1Container | undefined =>
  pod.spec.initContainers?.find(({ name }) => name === 'rolechain') as V1Container | undefined;

describeWithCluster("a namespace's LimitRanges and pull secrets", (cluster) => {
  let port: number;
  let webhook: WebhookProcess | undefined;
  const start = async (): Promise<void> => {
    await webhook?.stop();
    const kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
    const settings = { imagePullSecrets: ['registry', 'of-account'] };
    webhook = await startWebhook({ port, kubeconfig, settings });
    await untilCalled(cluster(), podIn('shop'));
  };
  const create = (namespace: string): Promise<Pod> => createPod(cluster(), podIn(namespace), true);
  const refusal = (namespace: string): Promise<string> =>
    create(namespace).then(
      () => 'accepted',
      (error: unknown) => String((error as { body?: unknown }).body),
    );
  const metric = async (name: string): Promise<string | undefined> => {
    const response = await fetch(`${webhook?.healthURL ?? ''}/metrics`);
    return new RegExp(`^${name} (.*)$`, 'm').exec(await response.text())?.[1];
  };
  const RIGHT = 'rolechain-webhook-limit-ranges';

  beforeAll(async () => {
    port = await freePort();
    const { kubeConfig } = cluster();
    await applyAll(
      kubeConfig,
      (await installManifests()).filter(({ metadata }) => metadata.name !== RIGHT),
    );
    await leadServiceTo(kubeConfig, port);
    await applyAll(kubeConfig, [
      ...OBJECTS,
      limitRange('least', { min: { cpu: '50m', memory: '96Mi' } }),
      // As client-node calls the field `default`.
      limitRange('disk', { _default: { 'ephemeral-storage': '10Gi' } }),
    ]);
  });
  afterAll(() => webhook?.stop());

  test('without the right it is ready, and none is known: LimitRanger speaks, with no failure of ours', async () => {
    await start();
    expect(await metric('rolechain_limit_ranges_known')).toBe('0');
    expect(await refusal('least')).toContain('minimum cpu usage per Container is 50m, but request is 10m');
    expect(sidecarOf(await create('shop'))?.resources?.requests?.cpu).toBe('10m');
    const said = webhook
      ?.log()
      .split('\n')
      .filter((line) => line.includes('LimitRanges are not known'));
    expect(said).toHaveLength(1);
    expect(said?.[0]).toContain('403');
  });

  test("a default of ephemeral storage doesn't stand at the sidecar", async () => {
    const pod = await create('disk');
    expect(pod.spec.containers[0]).toMatchObject({ resources: { limits: { 'ephemeral-storage': '10Gi' } } });
    expect(sidecarOf(pod)?.resources).toEqual({
      limits: { 'ephemeral-storage': '256Mi', memory: '64Mi' },
      requests: { cpu: '10m', 'ephemeral-storage': '0', memory: '32Mi' },
    });
  });

  test('imagePullSecrets: those of the account stay, and none stands twice', async () => {
    expect((await create('shop')).spec).toHaveProperty('imagePullSecrets', [
      { name: 'of-account' },
      { name: 'registry' },
    ]);
  });

  test('with the right the sidecar is inside, from the first pod on, and follows what changes', async () => {
    await applyAll(
      cluster().kubeConfig,
      (await installManifests()).filter(({ metadata }) => metadata.name === RIGHT),
    );
    await start();
    expect(await metric('rolechain_limit_ranges_known')).toBe('1');
    expect(await metric('rolechain_limit_ranges')).toBe('2');
    expect(sidecarOf(await create('least'))?.resources).toMatchObject({
      limits: { memory: '96Mi' },
      requests: { cpu: '50m', memory: '96Mi' },
    });
    const api = cluster().kubeConfig.makeApiClient(CoreV1Api);
    await api.createNamespacedLimitRange({ namespace: 'shop', body: limitRange('shop', { min: { cpu: '20m' } }) });
    const cpu = async (): Promise<string | undefined> => sidecarOf(await create('shop'))?.resources?.requests?.cpu;
    await until(
      'the watch brings the new LimitRange',
      PATIENCE_MS,
      async () => (await cpu().catch(() => '')) === '20m',
    );
    await api.deleteNamespacedLimitRange({ namespace: 'shop', name: 'limits' });
    await until('the watch tells that it is gone', PATIENCE_MS, async () => (await cpu()) === '10m');
  });
});
