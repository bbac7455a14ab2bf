/** docs/operations.md, "Lock down": its commands run in their order, its settings are settings, its table has all of them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { lastAnswer } from '@rolechain/kit/until.ts';
import { SETTINGS_FIELDS, parseSettings } from '@rolechain/webhook';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { blocksOf } from '../fixture/page.ts';
import { ROLE, account, namespace } from '../guard/installed.ts';
import { LOCK_DOWN } from './headings.ts';

const page = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
const section = page.slice(page.indexOf('## Lock down')).split(/\n## /)[0] ?? '';
const blocks = (language: string): string[] =>
  LOCK_DOWN.flatMap((heading) => blocksOf('docs/operations.md', heading, language));

test('what it shows of the settings is valid, and of the settings that lock down', () => {
  const [example = ''] = blocks('yaml');
  expect(parseSettings(example)).toMatchObject({ ok: true });
  const { sidecarImage: _, cluster: __, ...shown } = parse(example) as Record<string, unknown>;
  expect(Object.keys(shown).filter((name) => !section.includes(`\`${name}`))).toEqual([]);
  const named = Object.keys(SETTINGS_FIELDS).filter((name) =>
    new RegExp(`^\\| .*\`${name}[:.\`].*\\|`, 'm').test(section),
  );
  expect(named).toEqual(expect.arrayContaining(Object.keys(shown)));
});

describeWithBinaries('the commands', ({ kubectl }) => {
  describeWithCluster('on the real apiserver', (cluster) => {
    const run = (command: string): { readonly status: number | null; readonly said: string } => {
      const env = { ...process.env, KUBECONFIG: cluster().kubeconfigPath };
      const script = `kubectl() { ${JSON.stringify(kubectl)} "$@"; }; ${command}`;
      const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-euc', script], {
        cwd: ROOT,
        encoding: 'utf8',
        env,
      });
      return { status, said: stdout + stderr };
    };
    const succeed = (command: string): string => {
      const { status, said } = run(command);
      expect(status === 0 ? '' : `${command}${said}`).toBe('');
      return said;
    };

    test('run in their order, and show what the page says', async () => {
      const accounts = [account('shop', 'orders', ROLE), account('shop', 'plain')];
      await applyAll(cluster().kubeConfig, [namespace('shop'), ...accounts]);
      // No webhook is there: the guard alone speaks.
      succeed('kubectl apply --server-side -k manifests/base');
      const [asks = '', restart = '', irsa = '', audit = '', pod = '', enforce = '', ...others] = blocks('sh');
      expect(others).toEqual([]);
      expect(succeed(asks)).toBe('shop/orders\n');
      expect(succeed(restart)).toContain('restarted');
      // An apiserver learns of a policy, of a binding and of an account by watches.
      const refused = await lastAnswer(
        () => Promise.resolve(run(pod)),
        ({ status }) => status !== 0,
      );
      expect(refused.said).toMatch(/denied request.*\[NotInjected\]/);
      const settings = 'kubectl get configmap rolechain-webhook -n rolechain -o jsonpath={.data.settings\\\\.yaml}';
      succeed(irsa);
      expect(parseSettings(succeed(settings))).toMatchObject({ ok: true, value: { credentialSources: ['irsa'] } });
      succeed(audit);
      expect(parseSettings(succeed(settings))).toMatchObject({ ok: true, value: { mode: 'audit' } });
      const passes = await lastAnswer(
        () => Promise.resolve(run(pod)),
        ({ status }) => status === 0,
      );
      expect(passes.said).toMatch(/^pod\/try created \(server dry run\)\nWarning: .*\[NotInjected\]/);
      expect(succeed(enforce)).toMatch(/\["Deny"\]$/);
      expect(parseSettings(succeed(settings))).toMatchObject({ ok: true, value: { mode: 'enforce' } });
    });
  });
});
