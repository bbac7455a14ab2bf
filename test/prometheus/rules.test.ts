/** The alerts: promtool's own check and its tests of made-up series, and that each has its entry in the runbooks. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CERTIFICATE_ALERTS, CERTIFICATE_TIMES, METRICS, RENEWAL, type MetricEntry } from '@rolechain/shared';
import { describeWhen } from '@rolechain/kit/when.ts';
import { parse, stringify } from 'yaml';
import { ROOT } from '../fixture/install.ts';
import { ROWS } from '../../scripts/generate/dashboard.ts';
import { locatePrometheus, promtool, ruleGroups, type Rule } from './prometheus.ts';

const rules = ruleGroups().flatMap((group) => group.rules);
const alerts = rules.filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined);
const ALERTS = join(import.meta.dirname, 'alerts.yaml');

/** promtool's tests compare annotations too: these are written here as the rules make them, so they are left out there. */
function withoutAnnotations(): unknown {
  return {
    groups: ruleGroups().map(({ name, rules: all }) => ({
      name,
      rules: all.map(({ annotations: _, ...rule }) => rule),
    })),
  };
}

describeWhen(
  'promtool',
  locatePrometheus(),
  () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'rolechain-promtool-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    test('takes the rules', async () => {
      const file = join(folder, 'all.yaml');
      writeFileSync(file, stringify({ groups: ruleGroups() }));
      expect(await promtool('check', 'rules', file)).toContain(`SUCCESS: ${rules.length} rules found`);
    });

    test('sees each alert raised where it should be, and nowhere else', async () => {
      writeFileSync(join(folder, 'rules.yaml'), stringify(withoutAnnotations()));
      writeFileSync(join(folder, 'alerts.yaml'), readFileSync(ALERTS, 'utf8'));
      expect(await promtool('test', 'rules', join(folder, 'alerts.yaml'))).toContain('SUCCESS');
    });
  },
  'there',
);

interface Case {
  readonly alertname: string;
  readonly exp_alerts?: readonly { readonly exp_labels: Readonly<Record<string, string>> }[];
}
function cases(): readonly Case[] {
  const { tests } = parse(readFileSync(ALERTS, 'utf8')) as { tests: { alert_rule_test: Case[] }[] };
  return tests.flatMap(({ alert_rule_test: all }) => all);
}

test('each alert has a case in which it is raised, and one in which it is not', () => {
  const names = (raised: boolean): string[] =>
    [
      ...new Set(
        cases()
          .filter(({ exp_alerts: found }) => (found !== undefined) === raised)
          .map((one) => one.alertname),
      ),
    ].toSorted();
  const all = alerts.map(({ alert }) => alert).toSorted();
  expect([names(true), names(false)]).toEqual([all, all]);
});

test('the labels that a text of an alert names are there when it is raised', () => {
  const raised = cases().flatMap(({ alertname, exp_alerts: found = [] }) =>
    found.map(({ exp_labels: labels }) => ({ alertname, labels })),
  );
  let named = 0;
  for (const { alert, annotations } of alerts) {
    const names = Array.from(JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g), ([, name = '']) => name);
    named += names.length;
    for (const { labels } of raised.filter(({ alertname }) => alertname === alert))
      expect([alert, Object.keys(labels)]).toEqual([alert, expect.arrayContaining(names)]);
  }
  expect(named).toBeGreaterThan(10);
});

test('each alert leads to its entry in the runbooks, which says cause, check and fix', () => {
  const entries = new Map(
    readFileSync(join(ROOT, 'docs/runbooks.md'), 'utf8')
      .split(/^## /m)
      .slice(1)
      .map((text) => [text.split('\n', 1)[0] ?? '', text]),
  );
  expect([...entries.keys()]).toEqual(alerts.map(({ alert }) => alert));
  for (const { alert, annotations } of alerts) {
    expect(annotations?.runbook_url).toMatch(new RegExp(`/docs/runbooks\\.md#${alert.toLowerCase()}$`));
    for (const part of ['**Cause**', '**Check**', '**Fix**'])
      expect([alert, entries.get(alert)]).toEqual([alert, expect.stringContaining(part)]);
  }
});

test('rules and panels name metrics of the table, and the apiserver’s own', () => {
  const known = new Set<string>([
    'apiserver_admission_webhook_fail_open_count',
    ...Object.values<Readonly<Record<string, MetricEntry>>>(METRICS).flatMap((rows) =>
      Object.values(rows).flatMap(({ name, type }) => (type === 'histogram' ? [`${name}_bucket`] : [name])),
    ),
  ]);
  const queries = ROWS.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries));
  const named = [...rules, ...queries].flatMap(({ expr }) => expr.match(/\b(?:rolechain|apiserver)_\w+/g) ?? []);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test('rules and docs warn of certificates that were not renewed, with the days of the table', () => {
  const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8').replaceAll(/\s+/g, ' ');
  const { leafDays, authorityDays } = CERTIFICATE_ALERTS;
  const { leafMs, authorityMs } = CERTIFICATE_TIMES;
  const all = [
    { alert: 'RolechainCertificateEnds', days: leafDays, lifeMs: leafMs, what: 'the serving certificate' },
    { alert: 'RolechainCACertificateEnds', days: authorityDays, lifeMs: authorityMs, what: 'the CA certificate' },
  ];
  for (const { alert, days, lifeMs, what } of all) {
    const renewedAt = (lifeMs / 86_400_000) * RENEWAL.left;
    // The last replica renews up to the jitter later, which is no reason to wake anybody.
    expect(days).toBeLessThan(renewedAt * (1 - RENEWAL.jitter / RENEWAL.left));
    const rule = alerts.find((one) => one.alert === alert);
    expect(rule?.expr).toMatch(new RegExp(` - time\\(\\) < ${days} \\* 86400$`));
    expect(JSON.stringify(rule?.annotations)).toContain(`with ${Math.floor(renewedAt)} days left`);
    const entry = text('docs/runbooks.md').split(`## ${alert} `)[1]?.split(' ## ')[0];
    expect(entry).toContain(`less than ${days} days left.`);
    expect(entry).toContain(`with ${Math.floor(renewedAt)} days left`);
    expect(text('docs/operations.md')).toContain(`| \`${alert}\` | ${what} has less than ${days} days left`);
  }
  expect(text('docs/certificates.md')).toContain(`Less than ${leafDays} days, or ${authorityDays}, says`);
});
