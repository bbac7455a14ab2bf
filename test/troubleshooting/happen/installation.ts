/** Ways of an installation to be wrong. */
import { freePort } from '@rolechain/kit/free-port.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { startWebhook } from '../../fixture/install.ts';
import type { Happenings } from '../run.ts';
import { NAMESPACE, SHIPPED_IMAGE, podOf, settingsMap, type ClusterStage } from './cluster-stage.ts';

const ADMISSION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const CONFIGURATION = `${ADMISSION}/rolechain`;
const LOGS = 'kubectl logs deployment/rolechain-webhook';

interface Start {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whose rights it has. */
  readonly as?: { readonly namespace: string; readonly serviceAccount: string };
  /** What it has to say in the end. */
  readonly code: string;
}

/** What a webhook logs that never becomes ready. */
async function logOf({ cluster }: ClusterStage, { settings = {}, as, code }: Start): Promise<string> {
  const kubeconfig = await cluster.kubeconfigFor(as ?? { namespace: 'rolechain', serviceAccount: 'rolechain-webhook' });
  const hopeless = (log: string): string | undefined => (log.includes(code) ? 'it has said so' : undefined);
  const started = await startWebhook({ port: await freePort(), kubeconfig, settings, hopeless }).catch(
    (error: unknown) => error as Error,
  );
  if (started instanceof Error) return started.message;
  await started.stop();
  return '';
}

export const INSTALLATION: Happenings<ClusterStage> = {
  'settings-mistyped': async ({ apply }) => ({ 'kubectl apply': await apply(settingsMap({ conflict: 'warn' })) }),
  'settings-invalid': async (stage) => ({
    [LOGS]: await logOf(stage, { settings: { conflict: 'warn' }, code: 'SettingsInvalid' }),
  }),
  'region-unknown': async (stage) => ({
    [LOGS]: await logOf(stage, { settings: { region: undefined }, code: 'RegionUnknown' }),
  }),
  'rights-missing': async (stage) => ({
    [LOGS]: await logOf(stage, { as: { namespace: NAMESPACE, serviceAccount: 'plain' }, code: 'CacheNotSynced' }),
  }),
  'image-not-pulled': async (stage) => {
    const { apply, kubectl, explain, rolechain } = stage;
    await apply(settingsMap({ sidecarImage: SHIPPED_IMAGE }), podOf('unpulled'));
    await notPulled(stage, 'unpulled');
    try {
      return {
        'kubectl describe pod': await kubectl(['describe', 'pod', 'unpulled', `--namespace=${NAMESPACE}`]),
        'rolechain explain pod': await explain(podOf('unpulled')),
        'rolechain doctor': await rolechain('doctor'),
      };
    } finally {
      await apply(settingsMap({}));
    }
  },
  'ca-bundle-lost': async (stage) => {
    const { installed, rolechain, apply } = stage;
    // A webhook that runs and may write puts it back within seconds.
    await installed.stopWebhook();
    const { body } = await installed.api.get(CONFIGURATION);
    const { webhooks } = JSON.parse(body) as { webhooks: { clientConfig: object }[] };
    const without = webhooks.map((webhook) => ({
      ...webhook,
      clientConfig: { ...webhook.clientConfig, caBundle: undefined },
    }));
    await installed.api.patch(CONFIGURATION, { webhooks: without });
    try {
      return { 'kubectl apply': await apply(podOf('refused')), 'rolechain doctor': await rolechain('doctor') };
    } finally {
      await installed.startWebhook();
    }
  },
  'configuration-gone': async (stage) => {
    const { installed, rolechain, tryApply } = stage;
    const { body } = await installed.api.get(CONFIGURATION);
    const { metadata, ...rest } = JSON.parse(body) as { metadata: { name: string; labels: object } };
    await installed.api.remove(CONFIGURATION);
    try {
      let refused = '';
      await until('the guard refuses', PATIENCE_MS, async () =>
        (refused = await tryApply(podOf('refused'))).includes('[NotInjected]'),
      );
      return { 'kubectl apply': refused, 'rolechain doctor': await rolechain('doctor') };
    } finally {
      const { name, labels } = metadata;
      await installed.api.post(ADMISSION, { ...rest, metadata: { name, labels } });
      await installed.untilAnswered();
    }
  },
};

/** As a kubelet writes it of a pod whose image is nowhere: its status, and an event. */
async function notPulled({ installed: { api } }: ClusterStage, name: string): Promise<void> {
  const image = SHIPPED_IMAGE;
  const message = `Failed to pull image "${image}": failed to pull and unpack image "${image}": failed to resolve reference "${image}": dial tcp: lookup registry.example: no such host`;
  const waiting = {
    reason: 'ImagePullBackOff',
    message: `Back-off pulling image "${image}": ErrImagePull: ${message}`,
  };
  const own = { name: 'rolechain', image, imageID: '', ready: false, restartCount: 0, state: { waiting } };
  const pod = `/api/v1/namespaces/${NAMESPACE}/pods/${name}`;
  await api.patch(`${pod}/status`, { status: { phase: 'Pending', initContainerStatuses: [own] } });
  const { metadata } = JSON.parse((await api.get(pod)).body) as { metadata: { uid: string } };
  const at = new Date().toISOString().replace(/\.\d+Z/, 'Z');
  await api.post(`/api/v1/namespaces/${NAMESPACE}/events`, {
    metadata: { name: `${name}.1`, namespace: NAMESPACE },
    ...{ type: 'Warning', reason: 'Failed', message, count: 1, firstTimestamp: at, lastTimestamp: at },
    source: { component: 'kubelet', host: 'node-1' },
    involvedObject: {
      ...{ apiVersion: 'v1', kind: 'Pod', name, namespace: NAMESPACE, uid: metadata.uid },
      fieldPath: 'spec.initContainers{rolechain}',
    },
  });
}
