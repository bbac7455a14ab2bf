/**
 * docs/operations.md, "Uninstall": whatever of rolechain is deleted first, pods that ask for no role are admitted, and the page's
 * commands lead out. What needs a kubelet or a namespace's end is done on a node (test/node/suite/leaving.ts).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import { ANNOTATIONS } from '@rolechain/shared';
import { parseManifests } from '@rolechain/kit/manifests.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { openApi, type Api } from '../guard/api.ts';
import { ROLE, account, install, namespace, type Installed } from '../guard/installed.ts';
import { outcomeOf, pod } from '../guard/pods.ts';
import { describeWithHelm } from '../helm/helm.ts';
import { actAsControllers } from '../packages/controllers.ts';
import { RENDERINGS } from '../packages/renderings.ts';
import { discover, type Resources } from '../packages/resources.ts';
import { launch } from '../webhook/launch.ts';
import { commandsOf } from '../fixture/page.ts';
import { EVENTS, LOCK_DOWN, MONITOR, ROTATE, SCALE, UPGRADE } from './headings.ts';
import { openShell, type Shell } from './shell.ts';
import { watchPods, type Outcome } from './watched-pods.ts';

jest.setTimeout(120_000);

const BLOCKS = commandsOf('docs/operations.md');
const below = (heading: string): string[] =>
  BLOCKS.filter((block) => block.heading === heading).flatMap(({ lines }) => lines);
const OUT = below('In this order');
/** Where the guard already refuses, nothing is gained by waiting for it to be gone. */
const WAY_OUT = OUT.filter((command) => !command.startsWith('sleep '));
const GUARD: Outcome = 'refused by the guard';

interface Order {
  readonly commands: readonly string[];
  /** Installed by Helm, or by an overlay of this name; else by install.yaml. */
  readonly helm?: true;
  readonly overlay?: string;
  /** What a kubelet would do: the webhook's pods end, or end and try to start again. */
  readonly then?: 'ends' | 'restarts';
  /** Of pods that ask for a role, once the commands are done. */
  readonly settles: Outcome;
  /** And what else they may meet on the way there, in any order. */
  readonly meets: readonly Outcome[];
}

const ORDERS: Readonly<Record<string, Order>> = {
  'the right order': { commands: OUT, settles: 'plain', meets: ['injected'] },
  'the right order, with the guard of default roles': {
    ...{ commands: OUT, overlay: 'default-role', settles: 'plain', meets: ['injected'] },
  },
  'the file, in its order': {
    ...{
      commands: ['kubectl delete --ignore-not-found -f manifests/install.yaml'],
      settles: 'plain',
      meets: ['injected', GUARD],
    },
  },
  'a kustomization': {
    ...{
      commands: ['kubectl delete --ignore-not-found -k manifests/base'],
      settles: 'plain',
      meets: ['injected', GUARD],
    },
  },
  helm: {
    ...{ commands: ['helm uninstall rolechain -n rolechain'], helm: true },
    ...{ settles: 'plain', meets: ['injected', GUARD] },
  },
  'the webhook configuration': {
    ...{ commands: ['kubectl delete mutatingwebhookconfiguration rolechain'], settles: GUARD, meets: ['injected'] },
  },
  'the Deployment scaled to 0': {
    commands: ['kubectl scale deployment/rolechain-webhook -n rolechain --replicas=0'],
    ...{ then: 'ends', settles: GUARD, meets: ['injected'] },
  },
  'the rights of the webhook': {
    commands: ['kubectl delete clusterrolebindings -l app.kubernetes.io/name=rolechain'],
    ...{ settles: 'injected', meets: [] },
  },
  'the rights of a webhook that restarts': {
    commands: ['kubectl delete clusterrolebindings -l app.kubernetes.io/name=rolechain'],
    ...{ then: 'restarts', settles: GUARD, meets: ['injected'] },
  },
  "the webhook's ServiceAccount": {
    commands: ['kubectl delete serviceaccount rolechain-webhook -n rolechain'],
    ...{ settles: 'injected', meets: [] },
  },
};

describeWithHelm('leaving', (helm) => {
  describeWithBinaries('by kubectl', ({ kubectl }) => {
    test('each command of the page is run: here, on the node, or by the tests of headings.ts', () => {
      const elsewhere = [...LOCK_DOWN, ...ROTATE, ...UPGRADE, ...SCALE, ...EVENTS, ...MONITOR];
      const others = BLOCKS.filter(({ heading }) => !elsewhere.includes(heading));
      const counts = Object.fromEntries(others.map(({ heading }) => [heading, below(heading).length]));
      expect(counts).toEqual({
        ...{ 'Check it': 4, 'Change a setting': 4 },
        ...{ 'What depends on it': 1, 'In this order': 6, 'In another order': 2, 'What stays': 5 },
      });
    });

    test('nothing of any form can hold a deletion', () => {
      const objects = Object.values(RENDERINGS).flatMap((render) => render({ kubectl, helm }));
      expect(objects.filter(({ metadata }) => 'finalizers' in metadata)).toEqual([]);
      const operations = JSON.stringify(objects).match(/"operations":\[[^\]]*\]/g) ?? [];
      expect(operations.length).toBeGreaterThan(0);
      expect(operations.filter((text) => /DELETE|\*/.test(text))).toEqual([]);
    });

    describeWithCluster('on a real apiserver', (cluster) => {
      let api: Api;
      let resources: Resources;
      let shell: Shell;
      let before: ReadonlySet<string>;
      beforeAll(async () => {
        api = await openApi(cluster().kubeConfig);
        resources = await discover(api);
        shell = openShell({ kubectl: kubectl ?? '', helm }, cluster().kubeconfigPath);
        await applyAll(cluster().kubeConfig, [
          ...[namespace('shop'), account('shop', 'orders', ROLE), account('shop', 'plain')],
        ]);
        before = await resources.all();
      });
      afterAll(() => {
        shell.close();
        api.close();
      });

      const typeAll = async (commands: readonly string[]): Promise<string> => {
        let output = '';
        for (const command of commands) output += await shell.type(command);
        return output;
      };
      const installBy = async ({ helm: byHelm, overlay }: Order): Promise<Installed> => {
        if (overlay !== undefined) {
          await shell.type(`kubectl apply --server-side -k manifests/overlays/${overlay}`);
          return install(cluster(), { manifests: [] });
        }
        if (!byHelm) return install(cluster());
        // The page of the installation has these (test/packages/install-page.test.ts).
        await shell.type('kubectl apply --server-side -f manifests/base/namespace.yaml');
        await shell.type('helm install rolechain charts/rolechain -n rolechain --set settings.region=eu-central-1');
        const core = cluster().kubeConfig.makeApiClient(CoreV1Api);
        const service = { name: 'rolechain-webhook', namespace: NAMESPACE };
        const { metadata } = await core.readNamespacedService(service);
        const installed = await install(cluster(), { manifests: [] });
        // The one that leads here is the release's too.
        const { labels, annotations } = metadata ?? {};
        await api.patch(`/api/v1/namespaces/${NAMESPACE}/services/${service.name}`, {
          metadata: { labels, annotations },
        });
        return installed;
      };

      /** As the kubelet starts it again: it is told of a right that lacks, and waits. */
      const neverReady = async (): Promise<void> => {
        const kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
        const webhook = await launch({ kubeconfig });
        try {
          await until('it is refused', PATIENCE_MS, () => webhook.log().includes('403'));
          expect(await webhook.readiness()).toMatch(/^503 /);
        } finally {
          await webhook.stop();
        }
      };

      test.each(Object.entries(ORDERS))('%s', async (_name, order) => {
        const end = actAsControllers(api, resources);
        const installed = await installBy(order);
        const stop = watchPods(api, { orders: pod('shop', 'orders'), plain: pod('shop', 'plain') });
        const settled = (outcome: Outcome): Promise<void> =>
          until(`pods are ${outcome}`, PATIENCE_MS, async () => {
            return (await outcomeOf(api, pod('shop', 'orders'))).outcome === outcome;
          });
        try {
          await typeAll(order.commands);
          if (order.then) await installed.stopWebhook();
          if (order.then === 'restarts') await neverReady();
          await settled(order.settles);
          const startedAt = Date.now();
          await typeAll(order.settles === 'injected' ? OUT : WAY_OUT);
          await settled('plain');
          const seen = await stop();
          console.log(`${_name}: ${seen.orders.join(', ')}; out in ${Date.now() - startedAt} ms`);
          expect(seen.plain).toEqual(['plain']);
          const allowed = new Set<Outcome>([...order.meets, order.settles, 'plain']);
          expect(seen.orders.filter((outcome) => !allowed.has(outcome))).toEqual([]);
          expect(await typeAll(below('In this order').slice(-1))).toContain('No resources found');
          expect([...(await resources.all())].filter((name) => !before.has(name))).toEqual([]);
        } finally {
          await stop().catch(() => undefined);
          await installed.stop();
          await end();
        }
      });

      test('what stays is found by its commands, and taken away', async () => {
        const sample = parseManifests(readFileSync(join(ROOT, 'manifests/samples/service-account-token.yaml'), 'utf8'));
        const inPlatform = { name: 'rolechain-environment', namespace: 'platform' };
        await applyAll(cluster().kubeConfig, [
          {
            ...namespace('platform'),
            metadata: { name: 'platform', annotations: { [ANNOTATIONS.allowedRoles.key]: ROLE } },
          },
          ...[{ apiVersion: 'v1', kind: 'Secret', metadata: inPlatform }, ...sample],
          ...[namespace('left'), account('left', 'orders', ROLE)],
        ]);
        const [accounts = '', namespaces = '', unask = '', secrets = '', roles = ''] = below('What stays');
        expect((await shell.type(accounts)).split('\n')).toEqual(['left/orders', 'shop/orders', '']);
        expect(await shell.type(namespaces)).toMatch(/^platform [^\n]*\n$/);
        await shell.type(unask.replace('-n shop', '-n left'));
        expect((await shell.type(accounts)).split('\n')).toEqual(['shop/orders', '']);
        expect(await shell.type(secrets)).toMatch(/^platform +rolechain-environment /m);
        expect(await shell.type(roles)).toMatch(/^platform +rolechain-token-shared-aws [^\n]*\n$/);
      });
    });
  });
});
