/** docs/install.md is done as it is written: every command of it, on a real apiserver with real kubectl and helm. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import MarkdownIt from 'markdown-it';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { openApi, type Api } from '../guard/api.ts';
import { describeWithHelm } from '../helm/helm.ts';
import { ROOT } from '../fixture/install.ts';
import { actAsControllers } from './controllers.ts';
import { discover, type Resources } from './resources.ts';

const REGISTRY = 'registry.internal';

interface Block {
  /** The heading above. */
  readonly heading: string;
  readonly lines: readonly string[];
}

/** The page's blocks of shell commands, in their order. */
const BLOCKS = commandsOf(readFileSync(join(ROOT, 'docs/install.md'), 'utf8'));
const below = (heading: string): readonly Block[] => BLOCKS.filter((block) => block.heading === heading);
/** test/node builds both images by these Dockerfiles. */
const ELSEWHERE = 'docker build ';

const [REMOVE_WEBHOOK, REMOVE_FILE, REMOVE_RELEASE] = below('Remove');
const REMOVE_MANIFESTS = [REMOVE_WEBHOOK, REMOVE_FILE];
const FORMS: Readonly<Record<string, readonly (Block | undefined)[]>> = {
  'One file': REMOVE_MANIFESTS,
  kustomize: REMOVE_MANIFESTS,
  Helm: [REMOVE_WEBHOOK, REMOVE_RELEASE],
};

interface Deployment extends KubeObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

describeWithHelm('the page of the installation', ({ helm }) => {
  test('each of its commands is run here, or where the images are built', () => {
    const run = [...Object.keys(FORMS), 'Check', 'Remove'];
    const others = BLOCKS.filter(({ heading }) => !run.includes(heading)).flatMap(({ lines }) => lines);
    expect(others.filter((line) => !line.startsWith(ELSEWHERE))).toEqual([]);
    expect(below('Remove')).toHaveLength(3);
    expect(below('Check')).toHaveLength(1);
  });

  describeWithBinaries('by kubectl', ({ kubectl }) => {
    describeWithCluster('on a real apiserver', (cluster) => {
      let folder: string;
      let api: Api;
      let resources: Resources;
      beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), 'rolechain-install-page-'));
        symlinkSync(kubectl ?? '', join(folder, 'kubectl'));
        symlinkSync(helm, join(folder, 'helm'));
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
          execFile('bash', ['-euo', 'pipefail', '-c', command], { cwd: ROOT, env }, (error, stdout, stderr) => {
            // Warnings are an error of ours, too.
            if (error || /^(?:Warning|error)/im.test(stderr)) reject(new Error(`${command}\n${stderr}`));
            else resolve(stdout);
          });
        });
      const typeAll = async (blocks: readonly (Block | undefined)[]): Promise<string> => {
        let output = '';
        for (const line of blocks.flatMap((block) => block?.lines ?? [])) output += await type(line);
        return output;
      };
      const all = async (): Promise<string[]> => [...(await resources.all())];

      test.each(Object.entries(FORMS))('%s', async (heading, remove) => {
        const before = await all();
        const stop = actAsControllers(api);
        try {
          await typeAll(below(heading));
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

function commandsOf(markdown: string): Block[] {
  let heading = '';
  const tokens = MarkdownIt().parse(markdown, {});
  return tokens.flatMap((token, index) => {
    if (token.type === 'heading_open') heading = tokens[index + 1]?.content ?? '';
    if (token.type !== 'fence' || token.info !== 'sh') return [];
    return [{ heading, lines: token.content.trim().split('\n') }];
  });
}
