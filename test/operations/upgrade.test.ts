/** docs/operations.md, "Upgrade": its commands run in their order, over an older installation. */
import { AppsV1Api } from '@kubernetes/client-node';
import { ANNOTATIONS, SIDECAR } from '@rolechain/shared';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { applyAll } from '../fixture/install.ts';
import { commandsOf } from '../fixture/page.ts';
import { openApi } from '../guard/api.ts';
import { ROLE, account, namespace } from '../guard/installed.ts';
import { container, pod } from '../guard/pods.ts';
import { actAsControllers } from '../packages/controllers.ts';
import { UPGRADE } from './headings.ts';
import { openShell } from './shell.ts';

const COMMANDS = commandsOf('docs/operations.md').filter(({ heading }) => UPGRADE.includes(heading));
const OLDER = 'kubectl kustomize manifests/base | sed s/:0.1.0/:0.0.9/ | kubectl apply --server-side -f -';
const LABELS = { app: 'orders' };

describeWithBinaries('the commands', ({ kubectl }) => {
  describeWithCluster('on the real apiserver', (cluster) => {
    test('lead from one version to the next, and show what runs', async () => {
      const [apply = '', status = '', sidecars = '', restart = '', ...others] = COMMANDS.flatMap(({ lines }) => lines);
      expect(others).toEqual([]);
      const { kubeConfig } = cluster();
      const shell = openShell({ kubectl: kubectl ?? '' }, cluster().kubeconfigPath);
      const api = await openApi(kubeConfig);
      const stop = actAsControllers(api);
      const imageOf = async (): Promise<string | undefined> => {
        const deployment = { name: 'rolechain-webhook', namespace: 'rolechain' };
        const { spec } = await kubeConfig.makeApiClient(AppsV1Api).readNamespacedDeployment(deployment);
        return spec?.template.spec?.containers[0]?.image;
      };
      try {
        await shell.type(OLDER);
        expect(await imageOf()).toBe('registry.example/rolechain/webhook:0.0.9');
        const sidecar = { ...container(SIDECAR.name), image: 'sidecar:0.0.9', restartPolicy: 'Always' };
        const annotations = { [ANNOTATIONS.status.key]: '{}' };
        const template = { metadata: { labels: LABELS }, spec: { containers: [container('app')] } };
        const spec = { selector: { matchLabels: LABELS }, template };
        await applyAll(kubeConfig, [
          ...[namespace('shop'), account('shop', 'orders', ROLE), account('shop', 'plain')],
          pod('shop', 'orders', { annotations, spec: { initContainers: [container('init'), sidecar] } }),
          pod('shop', 'plain'),
          { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'orders', namespace: 'shop' }, ...{ spec } },
        ]);
        await shell.type(apply);
        expect(await imageOf()).toBe('registry.example/rolechain/webhook:0.1.0');
        expect(await shell.type(status)).toContain('successfully rolled out');
        expect(await shell.type(sidecars)).toMatch(/^shop\/pod-\w+ sidecar:0\.0\.9\n$/);
        expect(await shell.type(restart)).toContain('deployment.apps/orders restarted');
      } finally {
        await stop();
        api.close();
        shell.close();
      }
    });
  });
});
