/**
 * The webhook's rights are the least: by the apiserver's own audit log it uses each verb of each rule, so that none can be
 * taken away, and meets no 403, so that none is missing. The sub-test's name says which use needs which right.
 */
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { ANNOTATIONS, ENV, FOREIGN_KEYS, PATHS } from '@rolechain/shared';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { REGION } from '../fixture/aws.ts';
import { applyAll, installManifests, leadServiceTo, startWebhook, type WebhookProcess } from '../fixture/install.ts';
import { openApi, type Api } from '../guard/api.ts';
import { ROLE } from '../guard/installed.ts';

interface Rule {
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}
interface AuditEvent {
  readonly verb: string;
  readonly objectRef?: { readonly resource?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
}

const NODE = 'node-1';
const SECRET = `/api/v1/namespaces/${NAMESPACE}/secrets/rolechain-webhook-tls`;
const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/rolechain';
const FLAGS = [
  `--audit-policy-file=${join(import.meta.dirname, 'audit-policy.yaml')}`,
  // Into the log of kube-apiserver, before a request is answered.
  '--audit-log-path=-',
  '--audit-log-mode=blocking',
];

describeWithCluster(
  "the webhook's rights",
  (cluster) => {
    let api: Api;
    let webhook: WebhookProcess;
    let granted: readonly string[];

    const events = async (): Promise<AuditEvent[]> => {
      const log = await readFile(join(cluster().folder, 'kube-apiserver.log'), 'utf8');
      const lines = log.split('\n').filter((line) => line.startsWith('{"kind":"Event"') && line.endsWith('}'));
      return lines.map((line) => JSON.parse(line) as AuditEvent);
    };
    /** `get secrets/rolechain-webhook-tls`; without the name where the right is on all of them. */
    const used = async (): Promise<Set<string>> =>
      new Set(
        (await events()).flatMap(({ verb, objectRef: { resource = '', name = '' } = {} }) => [
          `${verb} ${resource}`,
          `${verb} ${resource}/${name}`,
        ]),
      );
    const untilUsed = (...rights: string[]): Promise<void> =>
      until(rights.join(', '), PATIENCE_MS, async () => {
        const all = await used();
        return rights.every((right) => all.has(right));
      });

    beforeAll(async () => {
      const manifests = await installManifests();
      granted = manifests
        .flatMap(({ rules = [] }) => rules as readonly Rule[])
        .flatMap(({ verbs, resources, resourceNames }) =>
          verbs.flatMap((verb) =>
            resources.flatMap((resource) =>
              resourceNames ? resourceNames.map((name) => `${verb} ${resource}/${name}`) : [`${verb} ${resource}`],
            ),
          ),
        );
      await applyAll(cluster().kubeConfig, manifests);
      const labels = { [FOREIGN_KEYS.nodeRegionLabel]: REGION };
      await applyAll(cluster().kubeConfig, [{ apiVersion: 'v1', kind: 'Node', metadata: { name: NODE, labels } }]);
      const port = await freePort();
      await leadServiceTo(cluster().kubeConfig, port);
      api = await openApi(cluster().kubeConfig);
      const kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
      const settings = { region: undefined, mode: 'audit' };
      webhook = await startWebhook({ port, kubeconfig, settings, env: { [ENV.nodeName]: NODE } });
    });
    afterAll(async () => {
      api.close();
      await webhook.stop();
    });

    /** A review, straight to the webhook: its certificate is checked as the apiserver does. */
    const review = async (path: string, asked: object): Promise<string> => {
      const { webhooks } = JSON.parse((await api.get(CONFIGURATIONS)).body) as {
        webhooks: { clientConfig: { caBundle: string } }[];
      };
      const options = {
        ca: Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64'),
        servername: `rolechain-webhook.${NAMESPACE}.svc`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      };
      const sent = request(`https://127.0.0.1:${webhook.port}${path}`, options);
      const body = { uid: 'a-review', operation: 'CREATE', dryRun: true, ...asked };
      sent.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: body }));
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      return text(response);
    };

    test('it starts: lists, watches, the Region, the certificate and where it is published, the bindings', async () => {
      const watched = ['serviceaccounts', 'namespaces', 'limitranges', 'secrets/rolechain-webhook-tls'];
      const kinds = ['mutatingwebhookconfigurations/rolechain', 'validatingwebhookconfigurations/rolechain'];
      await untilUsed(
        ...[...watched, ...kinds].flatMap((what) => [`list ${what}`, `watch ${what}`]),
        ...kinds.flatMap((what) => [`get ${what}`, `patch ${what}`]),
        ...['get nodes', 'get secrets/rolechain-webhook-tls', 'create secrets'],
        ...['rolechain-guard', 'rolechain-guard-opted-in'].map(
          (name) => `get validatingadmissionpolicybindings/${name}`,
        ),
      );
    });

    test('it looks up what its watches have not shown: an account, a Namespace', async () => {
      const pod = { spec: { serviceAccountName: 'nobody', containers: [{ name: 'app', image: 'app:1' }] } };
      const kind = { group: '', version: 'v1', kind: 'Pod' };
      expect(await review(PATHS.mutate, { kind, namespace: 'default', object: pod })).toContain('"allowed":true');
      const account = { metadata: { name: 'orders', annotations: { [ANNOTATIONS.assumeRole.key]: ROLE } } };
      const ofAccount = { kind: { ...kind, kind: 'ServiceAccount' }, namespace: 'nowhere', object: account };
      expect(await review(PATHS.validate, ofAccount)).toContain('"allowed":true');
      await untilUsed('get serviceaccounts', 'get namespaces');
    });

    test('it puts its Secret right', async () => {
      await api.patch(SECRET, { data: { 'tls.crt': Buffer.from('none').toString('base64') } });
      await untilUsed('update secrets/rolechain-webhook-tls');
    });

    test('and so every right is used, and none is missing', async () => {
      const all = await used();
      expect(granted.length).toBeGreaterThan(20);
      expect(granted.filter((right) => !all.has(right))).toEqual([]);
      expect((await events()).filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([]);
    });
  },
  { apiserverArgs: FLAGS },
);
