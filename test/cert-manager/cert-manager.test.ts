/**
 * The overlay cert-manager on a real apiserver, with a stand-in for cert-manager's controllers (controllers.ts): the webhook serves what is
 * mounted and writes nothing, and pods are injected while leaf and CA are renewed.
 */
import { X509Certificate } from 'node:crypto';
import { freePort } from '@rolechain/kit/free-port.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { DoctorReport } from '../../cli/src/report-schemas/doctor.ts';
import { runCommand } from '../cli/call.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { applyAll, leadServiceTo, startWebhook, type WebhookProcess } from '../fixture/install.ts';
import { commandsOf } from '../fixture/page.ts';
import { openApi, type Api } from '../guard/api.ts';
import { ROLE, account, namespace } from '../guard/installed.ts';
import { outcomeOf, pod } from '../guard/pods.ts';
import { openShell, type Shell } from '../operations/shell.ts';
import { handshake, publishedBundles } from '../rotation/rotation.ts';
import { digest, leafOf, metric, readiness } from '../webhook/replica.ts';
import { openCertManager, type CertManager } from './controllers.ts';
import { addCertManager } from './crds.ts';

const [CA, LEAF] = ['rolechain-webhook-ca', 'rolechain-webhook'];
const KIND = 'MutatingWebhookConfiguration';
const [install = '', list = '', ...others] = commandsOf('docs/certificates.md')
  .filter(({ heading }) => heading === 'cert-manager')
  .flatMap(({ lines }) => lines);

describeWithBinaries('cert-manager', ({ kubectl }) => {
  describeWithCluster('of a real apiserver', (cluster) => {
    let api: Api;
    let shell: Shell;
    let manager: CertManager;
    let webhook: WebhookProcess;
    let port: number;

    const outcome = async (): Promise<string> => (await outcomeOf(api, pod('shop', 'orders'))).outcome;
    const becomes = (wanted: string): Promise<void> =>
      until(`pods are ${wanted}`, PATIENCE_MS, async () => (await outcome()) === wanted);
    /** Whether each published bundle vouches for what is served. */
    const vouched = async (): Promise<boolean> => {
      const bundles = (await publishedBundles(api)).map((bundle) => Buffer.from(bundle, 'base64').toString());
      const errors = await Promise.all(bundles.map((bundle) => handshake(port, bundle)));
      return errors.length > 0 && errors.every((error) => error === undefined);
    };
    const mounted = async (): Promise<void> => {
      const { 'tls.crt': leaf } = await manager.mount();
      const wanted = digest(Buffer.from(leaf).toString('base64'));
      await until('the leaf is served', PATIENCE_MS, async () => (await leafOf(port)) === wanted);
    };

    beforeAll(async () => {
      const { kubeConfig } = cluster();
      api = await openApi(kubeConfig);
      await addCertManager(api);
      expect(others).toEqual([]);
      shell = openShell({ kubectl: kubectl ?? '' }, cluster().kubeconfigPath);
      await shell.type(install);
      await applyAll(kubeConfig, [namespace('shop'), account('shop', 'orders', ROLE)]);
      port = await freePort();
      await leadServiceTo(kubeConfig, port);
      manager = openCertManager(api, kubeConfig);
    });
    afterAll(async () => {
      await webhook.stop();
      manager.close();
      shell.close();
      api.close();
    });

    test('it is not ready before there is a certificate, and not called before the CA is published', async () => {
      const kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
      let [log, isReady] = ['', false];
      const hopeless = (text: string): undefined => void (log = text);
      const starting = startWebhook({ port, kubeconfig, settings: { certDir: manager.folder }, hopeless });
      void starting.then(() => (isReady = true));
      await until('it says so', PATIENCE_MS, () => /"code":"CertificatesUnavailable".*Cannot read /.test(log));
      expect(isReady).toBe(false);
      const listed = await shell.type(list);
      for (const name of [CA, LEAF]) expect(listed).toContain(`certificate.cert-manager.io/${name} `);
      await manager.issue(CA);
      await manager.issue(LEAF);
      await manager.mount();
      webhook = await starting;
      await until('it says so', PATIENCE_MS, async () => {
        return (await readiness(webhook.healthURL)) === '200 not called CABundleUnpublished';
      });
      expect(await outcome()).toBe('refused by the guard');
      await manager.inject();
      await becomes('injected');
      await until('it says so', PATIENCE_MS, async () => (await readiness(webhook.healthURL)) === '200 ok');
      expect(await metric(webhook.healthURL, KIND)).toBe(1);
    });

    test('leaf and CA are renewed, the kubelet comes late: each pod is injected', async () => {
      const outcomes = new Map<string, number>();
      const over = new AbortController();
      const load = (async () => {
        while (!over.signal.aborted) {
          const one = await outcome();
          outcomes.set(one, (outcomes.get(one) ?? 0) + 1);
        }
      })();
      await manager.issue(LEAF);
      await manager.inject();
      await mounted();
      const [former] = await publishedBundles(api);
      await manager.issue(CA);
      await manager.issue(LEAF);
      await manager.inject();
      expect((await publishedBundles(api))[0]).not.toBe(former);
      // The leaf of the former CA, under the bundle of the renewed one.
      expect(await vouched()).toBe(true);
      await mounted();
      expect(await vouched()).toBe(true);
      await until('pods were asked for', PATIENCE_MS, () => (outcomes.get('injected') ?? 0) > 20);
      over.abort();
      await load;
      expect([...outcomes.keys()]).toEqual(['injected']);
      const text = await (await fetch(`${webhook.healthURL}/metrics`)).text();
      const { 'tls.crt': leaf } = await manager.mount();
      const ends = Math.floor(new X509Certificate(leaf).validToDate.getTime() / 1000);
      expect(text).toContain(`\nrolechain_certificate_expiration_timestamp_seconds ${ends}\n`);
    });

    test('what is broken is not served, and said', async () => {
      const before = await leafOf(port);
      await manager.mount({ 'ca.crt': 'no certificate' });
      await until('it says so', PATIENCE_MS, () => webhook.log().includes('(LeafNotOfAuthority)'));
      expect(await leafOf(port)).toBe(before);
      expect(await outcome()).toBe('injected');
      await mounted();
    });

    test('a CA with another key: refused until the kubelet has brought the leaf, and told', async () => {
      await manager.issue(CA, 'another');
      await manager.issue(LEAF);
      await manager.inject();
      expect(await vouched()).toBe(false);
      await becomes('refused by the guard');
      await until('it says so', PATIENCE_MS, async () => {
        return (await readiness(webhook.healthURL)) === '200 not called CABundleUnpublished';
      });
      await mounted();
      await becomes('injected');
    });

    test('it has written nothing, and tried nothing that it may not', async () => {
      const { status } = await api.get(`/api/v1/namespaces/${NAMESPACE}/secrets/rolechain-webhook-tls`);
      expect(status).toBe(404);
      for (const kind of ['mutating', 'validating']) {
        const { body } = await api.get(`/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations/rolechain`);
        expect(body).not.toContain('"manager":"rolechain-webhook"');
      }
      expect(webhook.log()).not.toMatch(/Forbidden|HTTP 403/);
    });

    test('doctor finds certificate, CA and rights as they should be', async () => {
      const asked = ['doctor', '--kubeconfig', cluster().kubeconfigPath, '-o', 'json'];
      const { out } = await runCommand(asked, { now: () => new Date() });
      const { checks } = JSON.parse(out) as DoctorReport;
      const states = checks.flatMap(({ id, state }) =>
        ['certificate', 'ca-bundle', 'rights'].includes(id) ? [`${id}: ${state}`] : [],
      );
      expect(states).toEqual(['certificate: ok', 'ca-bundle: ok', 'rights: ok']);
    });
  });
});
