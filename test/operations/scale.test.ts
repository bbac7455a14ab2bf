/** docs/operations.md, "Scale": its commands run in their order, over an installation. */
import { AppsV1Api } from '@kubernetes/client-node';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { commandsOf } from '../fixture/page.ts';
import { openApi } from '../guard/api.ts';
import { addVerticalPodAutoscaler } from '../packages/vertical-pod-autoscaler.ts';
import { SCALE } from './headings.ts';
import { openShell } from './shell.ts';

const COMMANDS = commandsOf('docs/operations.md').filter(({ heading }) => SCALE.includes(heading));

describeWithBinaries('the commands', ({ kubectl }) => {
  describeWithCluster('on the real apiserver', (cluster) => {
    test('lead to both autoscalers, and no apply sets the number of replicas back', async () => {
      const [vertical = '', shown = '', scale = '', horizontal = '', list = '', ...others] = COMMANDS.flatMap(
        ({ lines }) => lines,
      );
      expect(others).toEqual([]);
      const { kubeConfig } = cluster();
      const shell = openShell({ kubectl: kubectl ?? '' }, cluster().kubeconfigPath);
      const api = await openApi(kubeConfig);
      const replicas = async (): Promise<number | undefined> => {
        const deployment = { name: 'rolechain-webhook', namespace: 'rolechain' };
        return (await kubeConfig.makeApiClient(AppsV1Api).readNamespacedDeployment(deployment)).spec?.replicas;
      };
      try {
        await addVerticalPodAutoscaler(api);
        await shell.type('kubectl apply --server-side -k manifests/base');
        await shell.type(vertical);
        expect(await shell.type(shown)).toMatch(/^NAME +MODE .*\nrolechain-webhook +Recreate /);
        expect(await replicas()).toBe(2);
        await shell.type(scale);
        expect(await replicas()).toBe(3);
        await shell.type(horizontal);
        // Without the command before it the apply would take its own number back, and one replica is left.
        expect(await replicas()).toBe(3);
        expect(await shell.type(list)).toMatch(/rolechain-webhook +Deployment\/rolechain-webhook .* 2 +6 /);
        // Another apply leaves it alone, whatever an autoscaler has made of it.
        await shell.type('kubectl scale deployment/rolechain-webhook -n rolechain --replicas=5');
        await shell.type(horizontal);
        expect(await replicas()).toBe(5);
      } finally {
        api.close();
        shell.close();
      }
    });
  });
});
