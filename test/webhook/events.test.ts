/**
 * The webhook's events on the real apiserver, as `kubectl describe` shows them: on the controller and on the ServiceAccount, counted,
 * none on a dry run, none by a ServiceAccount that may not write them. And the commands of docs/operations.md.
 */
import { execFile } from 'node:child_process';
import { PATIENCE_MS, eventually, until } from '@rolechain/kit/until.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { account, install, type Installed } from '../guard/installed.ts';
import { container, pod } from '../guard/pods.ts';
import { EVENTS } from '../operations/headings.ts';
import { openShell } from '../operations/shell.ts';
import { applyAll } from '../fixture/install.ts';
import { commandsOf } from '../fixture/page.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';

interface Event {
  readonly reason: string;
  readonly note: string;
  readonly type: string;
  readonly action: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly regarding: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

const COMMANDS = commandsOf('docs/operations.md').flatMap(({ heading, lines }) =>
  EVENTS.includes(heading) ? lines : [],
);
const PODS = '/api/v1/namespaces/shop/pods';
const ACCOUNTS = '/api/v1/namespaces/shop/serviceaccounts';
const UNWISE = '{roleARN: "arn:aws:iam::222222222222:role/orders", duration: 15m}';

describeWithBinaries('events', ({ kubectl = 'kubectl' }) => {
  describeWithCluster('of the webhook', (cluster) => {
    let installed: Installed;
    beforeAll(async () => {
      installed = await install(cluster());
      await applyAll(cluster().kubeConfig, [
        account('shop', 'unwise', UNWISE),
        replicaSet('orders-1'),
        replicaSet('quiet'),
      ]);
    });
    afterAll(() => installed.stop());

    const describe = (...what: string[]): Promise<string> =>
      new Promise((resolve) => {
        const args = [`--kubeconfig=${cluster().kubeconfigPath}`, '--namespace=shop', 'describe', ...what];
        execFile(kubectl, args, (_error, stdout, stderr) => resolve(stdout + stderr));
      });
    const replicaSet = (name: string): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name, namespace: 'shop' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [container('app')] } },
      },
    });
    /** As its ReplicaSet would make it. */
    const owned = async (by: string, serviceAccount: string, spec: object = {}): Promise<KubeObject> => {
      const { body } = await installed.api.get(`/apis/apps/v1/namespaces/shop/replicasets/${by}`);
      const { metadata } = JSON.parse(body) as KubeObject & { metadata: { uid: string } };
      const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: by, uid: metadata.uid, controller: true };
      const made = pod('shop', serviceAccount, { spec: { ...spec } });
      return { ...made, metadata: { ...made.metadata, ownerReferences: [owner] } };
    };
    const events = async (): Promise<Event[]> => {
      const { body } = await installed.api.get('/apis/events.k8s.io/v1/namespaces/shop/events');
      return (JSON.parse(body) as { items: Event[] }).items;
    };
    const of = async (kind: string, name: string): Promise<Event[]> =>
      (await events()).filter(({ regarding }) => regarding.kind === kind && regarding.name === name);
    const counter = async (name: string): Promise<number> => {
      const text = await (await fetch(`${installed.webhook().healthURL}/metrics`)).text();
      return Number(new RegExp(`^rolechain_events_${name}_total (\\d+)$`, 'm').exec(text)?.[1]);
    };

    test('a refusal stands where its pods are made, with the words of the answer, and counts what comes again', async () => {
      const refused = await owned('orders-1', 'orders', { hostNetwork: true });
      for (let i = 0; i < 3; i++) expect((await installed.api.post(PODS, refused)).status).toBe(422);
      const { body } = await installed.api.post(PODS, refused);
      const event = await eventually('it counts', async () => {
        const [first] = await of('ReplicaSet', 'orders-1');
        return first?.series?.count === 4 && first;
      });
      expect(event).toMatchObject({ reason: 'HostNetwork', type: 'Warning', action: 'Inject' });
      expect(event.reportingController).toBe('rolechain-webhook');
      expect((JSON.parse(body) as { message: string }).message).toContain(event.note);
      expect(await of('ReplicaSet', 'orders-1')).toHaveLength(1);
      expect(await describe('replicaset', 'orders-1')).toMatch(
        /Warning +HostNetwork .*\(x4 over .*rolechain: ServiceAccount shop\/orders/,
      );
    });

    test('a bare pod has its ServiceAccount; what is only unwise is told as well', async () => {
      // Each is reviewed twice: behind the webhook the apiserver's own plugin mounts the token into the sidecar (reinvocationPolicy).
      for (let i = 0; i < 3; i++) expect((await installed.api.post(PODS, pod('shop', 'unwise'))).status).toBe(201);
      const reviews = installed
        .webhook()
        .log()
        .split('\n')
        .filter((line) => line.includes('shop/unwise'));
      expect(reviews).toHaveLength(6);
      const counted = async (): Promise<number | undefined> => (await of('ServiceAccount', 'unwise'))[0]?.series?.count;
      await until('it is told', PATIENCE_MS, async () => ((await counted()) ?? 0) >= 3);
      expect(await counted()).toBe(3);
      expect(await describe('serviceaccount', 'unwise')).toMatch(/InjectedWithWarnings .*duration/);
    });

    test('an annotation that was written past the webhook is told on the ServiceAccount, too', async () => {
      await installed.stopWebhook();
      expect((await installed.api.post(ACCOUNTS, account('shop', 'wrong', '{roleARN: no}'))).status).toBe(201);
      await installed.startWebhook();
      expect((await installed.api.post(PODS, await owned('orders-1', 'wrong'))).status).toBe(422);
      const told = async (): Promise<boolean> =>
        (await of('ServiceAccount', 'wrong')).length === 1 && (await of('ReplicaSet', 'orders-1')).length === 2;
      await until('both are told', PATIENCE_MS, told);
      expect(await describe('serviceaccount', 'wrong')).toMatch(
        /AnnotationInvalid .* rolechain: ServiceAccount shop\/wrong/,
      );
      // A write that is refused is told as well, since the object is there.
      const { status } = await installed.api.patch(`${ACCOUNTS}/wrong`, account('shop', 'wrong', '{roleARN: still}'));
      expect(status).toBe(422);
      await until('it is told', PATIENCE_MS, async () =>
        (await of('ServiceAccount', 'wrong')).some(({ action }) => action === 'Write'),
      );
    });

    test("the page's commands show them", async () => {
      const [describe = '', all = '', ...others] = COMMANDS;
      expect(others).toEqual([]);
      const shell = openShell({ kubectl }, cluster().kubeconfigPath);
      try {
        await installed.api.post(PODS, pod('shop', 'orders', { spec: { hostNetwork: true } }));
        await until('it is told', PATIENCE_MS, async () => (await of('ServiceAccount', 'orders')).length > 0);
        expect(await shell.type(describe)).toMatch(/Warning +HostNetwork /);
        expect(await shell.type(all)).toMatch(
          /^shop .* Warning +AnnotationInvalid +serviceaccount\/wrong +rolechain: /m,
        );
      } finally {
        shell.close();
      }
    });

    test('a dry run has none: webhooks that may not have side effects are called all the same', async () => {
      const refused = await owned('quiet', 'orders', { hostNetwork: true });
      const before = await counter('written');
      const { status, body } = await installed.api.post(`${PODS}?dryRun=All`, refused);
      expect([status, body.includes('[HostNetwork]')]).toEqual([422, true]);
      // A real one behind it is written: so the first was not on its way.
      expect(
        (await installed.api.post(PODS, await owned('quiet', 'orders', { hostNetwork: true, hostPID: true }))).status,
      ).toBe(422);
      await until('the other is written', PATIENCE_MS, async () => (await counter('written')) > before);
      const found = await of('ReplicaSet', 'quiet');
      expect([found.length, found[0]?.series]).toEqual([1, undefined]);
    });

    test('without the right pods are answered as ever, and what is not written is counted and said once', async () => {
      await installed.api.remove('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/rolechain-webhook-events');
      const ask = async (name: string): Promise<number> =>
        (await installed.api.post(PODS, await owned('quiet', name, { hostNetwork: true }))).status;
      await until('it is refused', PATIENCE_MS, async () => {
        await installed.api.post(ACCOUNTS, account('shop', 'another', 'arn:aws:iam::222222222222:role/another'));
        expect(await ask('another')).toBe(422);
        return (await counter('dropped')) > 0;
      });
      expect(installed.webhook().log().split('event not written')).toHaveLength(2);
      expect(installed.webhook().log()).toMatch(/"error":"HTTP 403".*"message":"event not written"/);
    });
  });
});
