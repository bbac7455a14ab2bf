/**
 * docs/install.md and the README's installation are done as they are written: every command of them, on a real apiserver with real
 * kubectl and helm.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { openApi, type Api } from '../guard/api.ts';
import { describeWithHelm } from '../helm/helm.ts';
import { ROOT } from '../fixture/install.ts';
import { actAsControllers } from './controllers.ts';
import { commandsOf, type Commands } from '../fixture/page.ts';
import { discover, type Resources } from './resources.ts';

const REGISTRY = 'registry.internal';

const BLOCKS = commandsOf('docs/install.md');
const README = commandsOf('README.md').filter(({ heading }) => heading === 'Install');
const below = (heading: string): readonly Commands[] => BLOCKS.filter((block) => block.heading === heading);
/** test/node builds both images by these Dockerfiles. */
const ELSEWHERE = 'docker build ';

interface Form {
  readonly install: readonly Commands[];
  readonly remove: readonly (Commands | undefined)[];
  readonly helm?: 3;
}
const [REMOVE_WEBHOOK, REMOVE_FILE, REMOVE_RELEASE] = below('Remove');
const REMOVE_MANIFESTS = [REMOVE_WEBHOOK, REMOVE_FILE];
const REMOVE_CHART = [REMOVE_WEBHOOK, REMOVE_RELEASE];
const FORMS: Readonly<Record<string, Form>> = {
  README: { install: README, remove: REMOVE_MANIFESTS },
  'One file': { install: below('One file'), remove: REMOVE_MANIFESTS },
  kustomize: { install: below('kustomize'), remove: REMOVE_MANIFESTS },
  Helm: { install: below('Helm'), remove: REMOVE_CHART },
  'Helm, version 3': { install: below('Helm'), remove: REMOVE_CHART, helm: 3 },
};

interface Deployment extends KubeObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

describeWithHelm('the page of the installation', (helm4, helm3) => {
  test('each of its commands is run here, or where the images are built', () => {
    const run = ['One file', 'kustomize', 'Helm', 'Check', 'Remove'];
    const others = BLOCKS.filter(({ heading }) => !run.includes(heading)).flatMap(({ lines }) => lines);
    expect(others.filter((line) => !line.startsWith(ELSEWHERE))).toEqual([]);
    expect(below('Remove')).toHaveLength(3);
    expect(below('Check')).toHaveLength(1);
    expect(README).toHaveLength(1);
    // Which is the check after an installation.
    expect(README[0]?.lines.at(-1)).toBe(below('Check')[0]?.lines[0]);
  });

  describeWithBinaries('by kubectl', ({ kubectl }) => {
    describeWithCluster('on a real apiserver', (cluster) => {
      let folder: string;
      let api: Api;
      let resources: Resources;
      beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), 'rolechain-install-page-'));
        symlinkSync(kubectl ?? '', join(folder, 'kubectl'));
        api = await openApi(cluster().kubeConfig);
        resources = await discover(api);
      });
      afterAll(() => {
        api.close();
        rmSync(folder, { recursive: true });
      });

      /** As somebody types it at the root of a clone. */
      const type = (line: string): Promise<string> =>
        new Promise((resolve, reject) => {
          const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, KUBECONFIG: cluster().kubeconfigPath };
          const command = line.replaceAll('REGISTRY', REGISTRY);
          execFile(
            'bash',
            ['--norc', '-euo', 'pipefail', '-c', command],
            { cwd: ROOT, env },
            (error, stdout, stderr) => {
              // Warnings are an error of ours, too.
              if (error || /^(?:Warning|error)/im.test(stderr)) reject(new Error(`${command}\n${stderr}`));
              else resolve(stdout);
            },
          );
        });
      const typeAll = async (blocks: readonly (Commands | undefined)[]): Promise<string> => {
        let output = '';
        for (const line of blocks.flatMap((block) => block?.lines ?? [])) {
          if (!line.startsWith(ELSEWHERE)) output += await type(line);
        }
        return output;
      };
      const all = async (): Promise<string[]> => [...(await resources.all())];

      test.each(Object.entries(FORMS))('%s', async (heading, { install, remove, helm }) => {
        rmSync(join(folder, 'helm'), { force: true });
        symlinkSync(helm === 3 ? helm3 : helm4, join(folder, 'helm'));
        const before = await all();
        const stop = actAsControllers(api);
        try {
          await typeAll(install);
          expect(await typeAll(below('Check'))).toContain('successfully rolled out');
          const { body } = await api.get('/apis/apps/v1/namespaces/rolechain/deployments/rolechain-webhook');
          const { containers } = (JSON.parse(body) as Deployment).spec.template.spec;
          // The last command of kustomize is an overlay as it is.
          const registry = heading === 'kustomize' ? 'registry.example' : REGISTRY;
          expect(containers.map(({ image }) => image)).toEqual([`${registry}/rolechain/webhook:0.1.0`]);
          await typeAll(remove);
        } finally {
          await stop();
        }
        expect((await all()).filter((name) => !before.includes(name))).toEqual([]);
      });
    });
  });
});
