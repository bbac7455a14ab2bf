/** The apiserver's own identity towards the webhook: a real kube-apiserver, with an AdmissionConfiguration and without. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import { makeAuthority, type KeyPair } from '@rolechain/certs';
import { makeClientCertificate } from '@rolechain/certs/testing/client-certificate.ts';
import { ANNOTATIONS } from '@rolechain/shared';
import { stringify } from 'yaml';
import { startCluster, type Cluster } from '../cluster/apiserver.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { describeWithBinaries } from '../cluster/jest.ts';
import { isSecret } from '@rolechain/kit/record.ts';
import { applyAll, installManifests, leadServiceTo, startWebhook, type WebhookProcess } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, lastAnswer, until } from '@rolechain/kit/until.ts';

const KEY = ANNOTATIONS.assumeRole.key;
const ROLE = 'arn:aws:iam::222222222222:role/orders';
const now = new Date();

/**
 * The files of docs/apiserver-identity.md. The Service's port is 443 in a cluster, and then needs no mention; here the
 * webhook is called on a port of its own.
 */
async function admissionConfiguration(folder: string, port: number, { certificate, key }: KeyPair): Promise<string> {
  const file = (name: string): string => join(folder, name);
  await writeFile(file('webhook.crt'), certificate);
  await writeFile(file('webhook.key'), key, { mode: 0o600 });
  const user = { 'client-certificate': file('webhook.crt'), 'client-key': file('webhook.key') };
  const users = [{ name: `rolechain-webhook.rolechain.svc:${port}`, user }];
  await writeFile(file('kubeconfig.yaml'), stringify({ apiVersion: 'v1', kind: 'Config', users }));
  const configuration = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'WebhookAdmissionConfiguration',
    kubeConfigFile: file('kubeconfig.yaml'),
  };
  const plugins = ['MutatingAdmissionWebhook', 'ValidatingAdmissionWebhook'].map((name) => ({ name, configuration }));
  const whole = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AdmissionConfiguration', plugins };
  await writeFile(file('admission.yaml'), stringify(whole));
  return file('admission.yaml');
}

interface Installed {
  readonly cluster: Cluster;
  /** The webhook, with these clientNames. */
  readonly start: (clientNames: string[]) => Promise<WebhookProcess>;
}

describeWithBinaries("with the apiserver's client certificate", (binaries) => {
  const ends: (() => Promise<unknown>)[] = [];
  let authority: KeyPair;
  beforeAll(async () => {
    authority = await makeAuthority({ now, commonName: 'callers' });
    isSecret('private key', authority.key);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** A cluster whose apiserver shows a certificate of this name, or none. */
  async function installed(commonName: string | undefined): Promise<Installed> {
    const port = await freePort();
    const apiserverArgs: string[] = [];
    if (commonName !== undefined) {
      const folder = await mkdtemp(join(tmpdir(), 'rolechain-identity-'));
      ends.push(() => rm(folder, { recursive: true }));
      const pair = await makeClientCertificate({ authority, commonName, now });
      isSecret('private key', pair.key);
      apiserverArgs.push(`--admission-control-config-file=${await admissionConfiguration(folder, port, pair)}`);
    }
    const cluster = await startCluster({ binaries, apiserverArgs });
    ends.push(() => cluster.stop());
    await applyAll(cluster.kubeConfig, await installManifests());
    await leadServiceTo(cluster.kubeConfig, port, 'patient');
    const kubeconfig = await cluster.kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
    const start = async (clientNames: string[]): Promise<WebhookProcess> => {
      const settings = { clientCA: authority.certificate, clientNames };
      const webhook = await startWebhook({ port, kubeconfig, settings });
      ends.push(webhook.stop);
      return webhook;
    };
    const core = cluster.kubeConfig.makeApiClient(CoreV1Api);
    for (const [name, annotations] of Object.entries({ orders: { [KEY]: ROLE }, plain: {} })) {
      await core.createNamespacedServiceAccount({ namespace: 'default', body: { metadata: { name, annotations } } });
    }
    return { cluster, start };
  }

  /** Names of the init containers of a pod of this account, or why there is no pod. */
  async function admitted({ kubeConfig }: Cluster, serviceAccountName: string): Promise<string> {
    const spec = { serviceAccountName, containers: [{ name: 'app', image: 'app:1' }] };
    const body = { metadata: { generateName: 'pod-' }, spec };
    const core = kubeConfig.makeApiClient(CoreV1Api);
    try {
      const pod = await core.createNamespacedPod({ namespace: 'default', dryRun: 'All', body });
      return `admitted with ${(pod.spec?.initContainers ?? []).map(({ name }) => name).join()}`;
    } catch (error) {
      return (error as Error).message;
    }
  }
  const annotated = async ({ kubeConfig }: Cluster, name: string, text: string): Promise<string> => {
    const body = { metadata: { name, annotations: { [KEY]: text } } };
    const core = kubeConfig.makeApiClient(CoreV1Api);
    return core.createNamespacedServiceAccount({ namespace: 'default', dryRun: 'All', body }).then(
      () => 'created',
      (error: unknown) => (error as Error).message,
    );
  };

  /** The webhook fails open, and the guard decides. */
  const passedBy = async (cluster: Cluster, { log }: WebhookProcess, code: string): Promise<void> => {
    await until(`it says ${code}`, PATIENCE_MS, async () => {
      await admitted(cluster, 'orders');
      return log().includes(`"code":"${code}"`);
    });
    expect(await admitted(cluster, 'plain')).toBe('admitted with ');
    // The apiserver hears of the guard by a watch of its own, which may come after that of the webhook.
    const isGuarded = (answer: string): boolean => answer.includes('[NotInjected]');
    expect(await lastAnswer(() => admitted(cluster, 'orders'), isGuarded)).toMatch(/\[NotInjected\]/);
    expect(await annotated(cluster, 'wrong', 'nonsense')).toBe('created');
  };

  test(
    'of its name it is answered, of another it is not, and unrelated pods are admitted all the same',
    async () => {
      const { cluster, start } = await installed('kube-apiserver');
      const webhook = await start(['kube-apiserver']);
      // The apiserver hears of the CA bundle and of the accounts by watches.
      const ofOrders = (): Promise<string> => admitted(cluster, 'orders');
      await until('it is asked', PATIENCE_MS, async () => (await ofOrders()) === 'admitted with rolechain');
      expect(await admitted(cluster, 'plain')).toBe('admitted with ');
      // Of what checks ServiceAccounts it hears by another watch, which may come later.
      const wrong = (): Promise<string> => annotated(cluster, 'wrong', 'nonsense');
      expect(await lastAnswer(wrong, (answer) => answer !== 'created')).toMatch(/takes an IAM role ARN/);
      expect(webhook.log()).not.toMatch(/CallerUnknown|CallerForbidden|BEGIN CERTIFICATE/);
      expect(webhook.log()).toMatch(/"clientCA":\["CN=callers, until /);
      await webhook.stop();

      const strict = await start(['another']);
      await passedBy(cluster, strict, 'CallerForbidden');
    },
    5 * PATIENCE_MS,
  );

  test(
    'without one it is not answered',
    async () => {
      const { cluster, start } = await installed(undefined);
      await passedBy(cluster, await start([]), 'CallerUnknown');
    },
    5 * PATIENCE_MS,
  );
});
