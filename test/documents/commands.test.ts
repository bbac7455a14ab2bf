/** Commands of docs/guard.md, docs/certificates.md and docs/migration.md on a real apiserver; other pages have tests of their own. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import { ANNOTATIONS } from '@rolechain/shared';
import { heard } from '@rolechain/kit/record.ts';
import { parseManifests } from '@rolechain/kit/manifests.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { blocksOf } from '../fixture/page.ts';
import { account } from '../guard/installed.ts';
import { openShell, type Shell } from '../operations/shell.ts';

describeWithBinaries('by kubectl', ({ kubectl }) => {
  describeWithCluster('on a real apiserver', (cluster) => {
    let shell: Shell;
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'rolechain-commands-'));
      const program = join(folder, 'rolechain');
      // 1: something found that a person should see.
      writeFileSync(program, `#!/bin/sh\n${process.execPath} ${ROOT}/cli/src/main.ts "$@" || [ $? = 1 ]\n`);
      chmodSync(program, 0o755);
      shell = openShell({ kubectl: kubectl ?? '', rolechain: program }, cluster().kubeconfigPath);
    });
    afterAll(() => {
      shell.close();
      rmSync(folder, { recursive: true });
    });
    const typeAll = async (page: string, heading: string): Promise<string> => {
      let said = '';
      for (const block of blocksOf(page, heading, 'sh')) said += await shell.type(block);
      heard('output of the command line', said);
      return said;
    };

    test('docs/guard.md: each overlay is applied over the one before', async () => {
      const said = await typeAll('docs/guard.md', 'Overlays');
      expect(said).toContain('validatingadmissionpolicybinding.admissionregistration.k8s.io/rolechain-guard');
    });

    test('docs/certificates.md: the objects are found', async () => {
      const heading = "While a configuration is gone or can't be mended";
      expect(await typeAll('docs/certificates.md', heading)).toContain('rolechain');
    });

    test('docs/migration.md: the annotation of the page comes of the workload that it shows', async () => {
      const heading = 'From kube2iam or kiam';
      const [before = '', after = ''] = blocksOf('docs/migration.md', heading, 'yaml');
      await applyAll(cluster().kubeConfig, parseManifests(before));
      await applyAll(cluster().kubeConfig, [account('shop', 'orders')]);
      const [look = '', policies = '', change = ''] = blocksOf('docs/migration.md', 'The way, for each of them', 'sh');
      // The page's own files: the workload, and the ServiceAccount that came of it.
      writeFileSync(join(folder, 'deploy.yaml'), before);
      writeFileSync(join(folder, 'orders.yaml'), after);
      const inFolder = (block: string): string =>
        block.replace('-f deploy/', `-f ${folder}/deploy.yaml`).replace('-f orders.yaml', `-f ${folder}/orders.yaml`);
      expect(await shell.type(inFolder(look))).toContain('Deployment shop/orders');
      expect(await shell.type(inFolder(policies))).toContain('"arn:aws:iam::222222222222:role/orders"');
      // Without kube2iam's DaemonSet nothing says where its names of roles stand.
      await shell.type(change.replace('migrate -n', 'migrate --base-role-arn arn:aws:iam::222222222222:role/ -n'));
      const core = cluster().kubeConfig.makeApiClient(CoreV1Api);
      const { metadata } = await core.readNamespacedServiceAccount({ name: 'orders', namespace: 'shop' });
      const [shown] = parseManifests(after).filter(({ kind }) => kind === 'ServiceAccount');
      expect(metadata?.annotations?.[ANNOTATIONS.assumeRole.key]).toBe(
        (shown?.metadata.annotations as Record<string, string>)[ANNOTATIONS.assumeRole.key],
      );
    });
  });
});
