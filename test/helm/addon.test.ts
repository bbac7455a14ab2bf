/**
 * What AWS asks of a chart that is to be an EKS add-on, for which EKS renders it and applies the result. The rules are those of the AWS
 * Marketplace Seller Guide, "Container-based product requirements", section publishing-eks-add-on, as AWS' own check has them:
 * github.com/aws-samples/addons-transformer-for-amazon-eks, src/services/validate.ts (E501 to E507).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHART, describeWithHelm, helmTemplate } from './helm.ts';

describeWithHelm('the chart as an EKS add-on', (helm, helm3) => {
  let folder: string;
  let chart: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolechain-addon-'));
    chart = join(folder, 'rolechain');
    // The check looks for hooks in every file. docs/install.md says to leave this folder out.
    cpSync(CHART, chart, { recursive: true });
    rmSync(join(chart, 'templates/tests'), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const filesOf = (root: string): string[] =>
    globSync('**', { cwd: root, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));

  test('it has no hook, no look-up and no dependency (E502, E503, E507)', () => {
    const text = filesOf(chart).join('\n');
    expect(text).not.toContain('helm.sh/hook');
    expect(text).not.toMatch(/\blookup\b/);
    expect(text).not.toMatch(/^dependencies:/m);
  });

  test('of what helm knows it takes the namespace and the version alone (E501, E504)', () => {
    const actions = filesOf(CHART)
      .flatMap((text) => text.split('{{').slice(1))
      .map((text) => text.split('}}')[0] ?? '')
      .filter((action) => !/^-? ?\/\*/.test(action));
    expect(actions.length).toBeGreaterThan(50);
    const builtIn = actions.flatMap(
      (action) => action.match(/\.(?:Release|Chart|Capabilities|Files|Template|Subcharts)\b[.\w]*/g) ?? [],
    );
    expect(new Set(builtIn)).toEqual(new Set(['.Release.Namespace', '.Chart.AppVersion']));
    // Another rendering would be another one, too.
    const restless = /\b(?:lookup|getHostByName|now|rand\w*|gen\w+|uuidv4|tpl|env|expandenv)\b/;
    expect(actions.filter((action) => restless.test(action))).toEqual([]);
  });

  test.each(Object.entries({ helm, helm3 }))(
    '%s lints it, and renders it as the check does (E505, E506)',
    (_name, program) => {
      const lint = ['lint', '--strict', '--with-subcharts', chart, '--kube-version=v1.33.7'];
      expect(execFileSync(program, lint, { encoding: 'utf8' })).toContain('0 chart(s) failed');
      const render = (...flags: string[]): string =>
        execFileSync(program, ['template', 'rolechain', chart, '--namespace=rolechain', ...flags], {
          encoding: 'utf8',
        });
      const oldest = render('--kube-version=1.33', '--set=k8version=1.33', '--include-crds', '--no-hooks');
      expect(render('--kube-version=1.37', '--set=k8version=1.37', '--skip-crds')).toBe(oldest);
    },
  );

  test('without the folder of its test it renders as with it', () => {
    expect(helmTemplate(helm, { chart })).toEqual(helmTemplate(helm));
  });
});
