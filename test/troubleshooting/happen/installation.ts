/** Ways of an installation to be wrong. */
import { ANNOTATIONS } from '@rolechain/shared';
import { freePort } from '@rolechain/kit/free-port.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { startWebhook } from '../../fixture/install.ts';
import type { Happenings } from '../run.ts';
import { IMAGE, accountOf, podOf, settingsMap, type ClusterStage } from './cluster-stage.ts';

const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
const CONFIGURATION = `${ADMISSION}/mutatingwebhookconfigurations/rolechain`;

/** What a webhook logs that never becomes ready, up to a word that it has to say. */
async function logOf(
  { cluster }: ClusterStage,
  serviceAccount: string,
  settings: Readonly<Record<string, unknown>>,
  word: string,
): Promise<string> {
  const kubeconfig = await cluster.kubeconfigFor({ namespace: 'rolechain', serviceAccount });
  let log = '';
  // Its log is in the error, and what it says is waited for.
  const options = { port: await freePort(), kubeconfig, settings, told: word };
  await startWebhook(options).then(
    (webhook) => webhook.stop(),
    (error: unknown) => (log = (error as Error).message),
  );
  return log;
}

export const INSTALLATION: Happenings<ClusterStage> = {
  'settings-mistyped': async ({ apply }) => ({ 'kubectl apply': await apply(settingsMap({ conflict: 'warn' })) }),
  'settings-invalid': async (stage) => ({
    'kubectl logs deployment/rolechain-webhook': await logOf(
      stage,
      'rolechain-webhook',
      { conflict: 'warn' },
      'SettingsInvalid',
    ),
  }),
  'region-unknown': async (stage) => ({
    'kubectl logs deployment/rolechain-webhook': await logOf(
      stage,
      'rolechain-webhook',
      { region: undefined },
      'RegionUnknown',
    ),
  }),
  'rights-missing': async (stage) => ({
    'kubectl logs deployment/rolechain-webhook': await logOf(stage, 'default', {}, 'CacheNotSynced'),
  }),
  'image-not-pulled': async (stage) => {
    const { apply, installed, kubectl, explain, rolechain } = stage;
    await apply(podOf('unpulled'));
    const pulling = `Failed to pull image "${IMAGE}": failed to pull and unpack image "${IMAGE}": failed to resolve reference "${IMAGE}": dial tcp: lookup registry.example: no such host`;
    const waiting = {
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "${IMAGE}": ErrImagePull: ${pulling}`,
    };
    const own = { name: 'rolechain', image: IMAGE, imageID: '', ready: false, restartCount: 0, state: { waiting } };
    const path = '/api/v1/namespaces/shop/pods/unpulled';
    await installed.api.patch(`${path}/status`, { status: { phase: 'Pending', initContainerStatuses: [own] } });
    const { metadata } = JSON.parse((await installed.api.get(path)).body) as { metadata: { uid: string } };
    await installed.api.post('/api/v1/namespaces/shop/events', {
      metadata: { name: 'unpulled.1', namespace: 'shop' },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        name: 'unpulled',
        namespace: 'shop',
        uid: metadata.uid,
        fieldPath: 'spec.initContainers{rolechain}',
      },
      ...{ type: 'Warning', reason: 'Failed', message: pulling, source: { component: 'kubelet', host: 'node-1' } },
      ...{ firstTimestamp: new Date().toISOString(), lastTimestamp: new Date().toISOString(), count: 1 },
    });
    return {
      'kubectl describe pod': await kubectl(['describe', 'pod', 'unpulled', '--namespace=shop']),
      'rolechain explain pod': await explain(podOf('unpulled')),
      'rolechain status': await rolechain('status', 'shop'),
      'rolechain doctor': await rolechain('doctor'),
    };
  },
  'ca-bundle-lost': async (stage) => {
    const { installed, kubectl, rolechain, apply } = stage;
    await installed.stopWebhook();
    const before = (await installed.api.get(CONFIGURATION)).body;
    const { webhooks } = JSON.parse(before) as { webhooks: { clientConfig: object }[] };
    const without = webhooks.map((webhook) => ({
      ...webhook,
      clientConfig: { ...webhook.clientConfig, caBundle: undefined },
    }));
    await installed.api.patch(CONFIGURATION, { webhooks: without });
    void kubectl;
    try {
      return { 'kubectl apply': await apply(podOf('refused')), 'rolechain doctor': await rolechain('doctor') };
    } finally {
      await installed.startWebhook();
    }
  },
  'configuration-gone': async (stage) => {
    const { installed, rolechain } = stage;
    const { metadata, ...rest } = JSON.parse((await installed.api.get(CONFIGURATION)).body) as {
      metadata: Record<string, unknown>;
    };
    await installed.api.remove(CONFIGURATION);
    try {
      await until('the guard refuses', PATIENCE_MS, async () =>
        (await stage.apply(podOf('refused'))).includes('NotInjected'),
      );
      return { 'kubectl apply': await stage.apply(podOf('refused')), 'rolechain doctor': await rolechain('doctor') };
    } finally {
      const { name, labels } = metadata;
      await installed.api.post(`${ADMISSION}/mutatingwebhookconfigurations`, { ...rest, metadata: { name, labels } });
      await installed.untilAnswered();
    }
  },
};
void ANNOTATIONS;
void accountOf;
