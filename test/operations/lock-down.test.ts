/** docs/operations.md, "Lock down": its commands run in their order, its settings are settings, its table has all of them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { SETTINGS_FIELDS, parseSettings } from '@rolechain/webhook';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { ROLE, account, namespace } from '../guard/installed.ts';

const page = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
const section = page.slice(page.indexOf('## Lock down')).split(/\n## /)[0] ?? '';
const blocks = (language: string): string[] =>
  [...section.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].flatMap(([, name, text = '']) => (name === language ? text : []));

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
    test('run in their order, and show what the page says', async () => {
      const run = (command: string): string => {
        const options = {
          cwd: ROOT,
          encoding: 'utf8',
          env: { ...process.env, KUBECONFIG: cluster().kubeconfigPath },
        } as const;
        const found = spawnSync(
          'bash',
          ['-euc', `kubectl() { ${JSON.stringify(kubectl)} "$@"; }; ${command}`],
          options,
        );
        expect(found.status === 0 ? '' : `${command}\n${found.stderr}`).toBe('');
        return found.stdout + found.stderr;
      };
      execFileSync(kubectl ?? '', ['--kubeconfig', cluster().kubeconfigPath, 'apply', '-k', 'manifests/base'], {
        cwd: ROOT,
      });
      await applyAll(cluster().kubeConfig, [namespace('shop'), account('shop', 'orders', ROLE)]);
      const [restart = '', irsa = '', audit = '', pod = '', enforce = '', ...others] = blocks('sh');
      expect(others).toEqual([]);
      expect(run(restart)).toContain('restarted');
      expect(run(irsa)).toContain('configmap/rolechain-webhook configured');
      expect(run(audit)).toContain(
        'validatingadmissionpolicybinding.admissionregistration.k8s.io/rolechain-guard configured',
      );
      // No webhook is there: the guard alone speaks, and lets the pod pass.
      expect(run(pod)).toMatch(/Warning: .*\[NotInjected\][^]*pod\/try created/);
      expect(run(enforce)).toContain('["Deny"]');
    });
  });
});
