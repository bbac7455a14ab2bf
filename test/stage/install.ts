/** Installs rolechain into a cluster without nodes: the manifests as they are, and the webhook as a process. */
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AdmissionregistrationV1Api,
  CoreV1Api,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type KubeConfig,
  type V1MutatingWebhookConfiguration,
  type V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import { ENV, PATHS, WEBHOOK_FLAGS } from '@rolechain/shared';
import { stringify } from 'yaml';
import { inGroup } from '../cgroup/memory.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { spawnTied, type TiedProcess } from '@rolechain/kit/tied-process.ts';
import { hearFile, hearHealth } from '../secrets/hear.ts';
import { REGION } from './aws.ts';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface WebhookProcess {
  readonly port: number;
  readonly healthURL: string;
  readonly process: TiedProcess;
  /** Everything that it has logged. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

export interface WebhookOptions {
  /** Where the Service leads. */
  readonly port: number;
  /** A kubeconfig file with the rights of the webhook's own ServiceAccount. */
  readonly kubeconfig: string;
  /** Settings beside those of the stage. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Asked while it starts: a sentence that says why it never will. */
  readonly hopeless?: () => string | undefined;
  /** The program. Default: the one of this checkout, built. */
  readonly bundle?: string;
  /** A file of a memory cgroup (MemoryGroup.enter): the process begins there. */
  readonly enter?: string;
}

/** Applies objects as `kubectl create` would, in their order. Objects that are there already are left as they are. */
export async function applyAll(kubeConfig: KubeConfig, objects: readonly KubeObject[]): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  for (const object of objects) {
    try {
      await api.create(object);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 409) throw error;
    }
  }
}

/** manifests/install.yaml, object by object. */
export async function installManifests(): Promise<KubeObject[]> {
  return parseManifests(await readFile(join(ROOT, 'manifests', 'install.yaml'), 'utf8'));
}

/** The most that the API takes for a webhook. */
const PATIENT_SECONDS = 30;

/**
 * Leads the webhook's Service to a port of this machine. EndpointSlices refuse loopback addresses, but the
 * apiserver follows an ExternalName by itself (k8s.io/apiserver util/proxy/proxy.go); the name that it
 * expects in the certificate stays that of the Service.
 *
 * It waits for an answer as long as it may: within the 2 s of the manifests a machine whose processors others hold may
 * give none, and a pod then slips or meets the guard. `as shipped` leaves the 2 s, where a test is about them.
 */
export async function leadServiceTo(
  kubeConfig: KubeConfig,
  port: number,
  waits: 'patient' | 'as shipped' = 'patient',
): Promise<void> {
  const api = kubeConfig.makeApiClient(CoreV1Api);
  const name = 'rolechain-webhook';
  await api.deleteNamespacedService({ name, namespace: NAMESPACE }).catch(() => undefined);
  await api.createNamespacedService({
    namespace: NAMESPACE,
    body: {
      metadata: { name },
      spec: { type: 'ExternalName', externalName: 'localhost' },
    },
  });
  // ExternalName Services are called on the port that the webhook configuration names.
  const change = ({
    webhooks = [],
  }: Pick<V1MutatingWebhookConfiguration | V1ValidatingWebhookConfiguration, 'webhooks'>): void => {
    for (const webhook of webhooks) {
      if (webhook.clientConfig.service) webhook.clientConfig.service.port = port;
      if (waits === 'patient') webhook.timeoutSeconds = PATIENT_SECONDS;
    }
  };
  const configurations = kubeConfig.makeApiClient(AdmissionregistrationV1Api);
  const mutating = await configurations.readMutatingWebhookConfiguration({ name: 'rolechain' });
  change(mutating);
  await configurations.replaceMutatingWebhookConfiguration({ name: 'rolechain', body: mutating });
  const validating = await configurations.readValidatingWebhookConfiguration({ name: 'rolechain' });
  change(validating);
  await configurations.replaceValidatingWebhookConfiguration({ name: 'rolechain', body: validating });
}

/** Namespaces that every cluster has already, as kube-system, get the labels and annotations of these objects. */
export async function labelNamespaces(kubeConfig: KubeConfig, objects: readonly KubeObject[]): Promise<void> {
  const api = kubeConfig.makeApiClient(CoreV1Api);
  const asMerge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  for (const { metadata } of objects.filter(({ kind }) => kind === 'Namespace')) {
    const { name = '', labels, annotations } = metadata;
    await api.patchNamespace({ name, body: { metadata: { labels, annotations } } }, asMerge);
  }
}

/** Starts dist/webhook.cjs as the Deployment would, and waits until it is ready. */
export async function startWebhook(options: WebhookOptions): Promise<WebhookProcess> {
  const { port, kubeconfig, settings, env, bundle = join(ROOT, 'dist', 'webhook.cjs'), enter } = options;
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-webhook-'));
  const healthPort = await freePort();
  const file = join(folder, 'settings.yaml');
  const base = {
    sidecarImage: 'registry.example/rolechain/sidecar:0.1.0',
    region: REGION,
    address: '127.0.0.1',
    port,
    healthPort,
  };
  await writeFile(file, stringify({ ...base, ...settings }));
  const logFile = join(folder, 'log');
  const output = await open(logFile, 'a');
  const program = [process.execPath, ...WEBHOOK_FLAGS, bundle, '--settings', file];
  const [command = '', ...args] = inGroup(enter, program);
  const child = spawnTied(command, args, {
    env: { KUBECONFIG: kubeconfig, [ENV.namespace]: NAMESPACE, ...env },
    output: output.fd,
    removeAfter: folder,
  });
  let how: string | undefined;
  void child.ended.then((text) => (how = `it has ended: ${text}`));
  const log = (): string => readFileSync(logFile, 'utf8');
  const end = async (): Promise<void> => {
    await hearHealth(healthPort);
    await child.kill();
    await hearFile('output of the webhook', logFile);
    await output.close();
    await rm(folder, { recursive: true, force: true });
  };
  let ended: Promise<void> | undefined;
  const stop = (): Promise<void> => (ended ??= end());
  const healthURL = `http://127.0.0.1:${healthPort}`;
  try {
    await until(
      'the webhook is ready',
      PATIENCE_MS,
      async () => (await fetch(healthURL + PATHS.readyz)).ok,
      () => options.hopeless?.() ?? how,
    );
  } catch (error) {
    const tail = log();
    await stop();
    throw new Error(`the webhook did not become ready: ${(error as Error).message}\n${tail}`, { cause: error });
  }
  return { port, healthURL, process: child, log, stop };
}
