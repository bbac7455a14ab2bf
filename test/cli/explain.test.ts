/** `explain -f`: what it says, as a person has read it (test/cli/explain), and that it says what the webhook decides. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import Ajv from 'ajv/dist/2020.js';
import { ROOT } from '../../scripts/build/root.ts';
import type { ExplainReport } from '../../cli/src/report-schemas/explain.ts';
import { SETTINGS_TEXT, settingsFile } from './settings.ts';
import { runCommand } from './call.ts';

const FOLDER = join(import.meta.dirname, 'explain');
const CASES = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
const schema = JSON.parse(readFileSync(join(ROOT, 'docs/schemas/cli/explain.schema.json'), 'utf8')) as object;
const validate = new Ajv({ allErrors: true }).compile(schema);

const argsOf = (file: string): string[] => {
  const hasSettings = readFileSync(join(FOLDER, file), 'utf8').includes('kind: ConfigMap');
  return ['explain', '-f', file, ...(hasSettings ? [] : ['--settings', 'settings.txt'])];
};
const reportOf = (text: string): ExplainReport => JSON.parse(text) as ExplainReport;

test.each(CASES)('%s: the text that was read by eye, and the same in JSON by its schema', async (file) => {
  const { code, out, err } = await runCommand(argsOf(file), { cwd: FOLDER });
  expect(out).toBe(readFileSync(join(FOLDER, file.replace(/yaml$/, 'txt')), 'utf8'));
  expect(err).toBe('');
  expect(out).not.toContain('not-to-be-printed');
  const json = await runCommand([...argsOf(file), '-o', 'json'], { cwd: FOLDER });
  expect(json.code).toBe(code);
  expect([validate(JSON.parse(json.out)), validate.errors]).toEqual([true, null]);
  expect(reportOf(json.out).explanations.length).toBeGreaterThan(0);
});

test('each case has a text, and no text is left over', () => {
  const texts = readdirSync(FOLDER).filter((file) => file.endsWith('.txt') && file !== 'settings.txt');
  expect(texts.map((file) => file.replace(/txt$/, 'yaml')).sort()).toEqual([...CASES].sort());
});

test('standard input, and an object that names no namespace', async () => {
  const account =
    'kind: ServiceAccount\nmetadata: {name: a, annotations: {rolechain.io/assume-role: "arn:aws:iam::222222222222:role/x"}}\n';
  const stdin = Readable.from([account]);
  const { code, out } = await runCommand(
    ['explain', '-f', '-', '-n', 'shop', '--settings', await settingsFile(SETTINGS_TEXT), '-o', 'json'],
    { stdin },
  );
  const [found] = reportOf(out).explanations;
  expect([code, found?.subject.namespace, found?.subject.from, found?.outcome]).toEqual([
    0,
    'shop',
    'standard input',
    'injected',
  ]);
});

test.each([
  [['explain'], 'UsageInvalid'],
  [['explain', '-f', 'two-roles.yaml', '-o', 'json', '--graph', 'svg'], 'UsageInvalid'],
  [['explain', 'pod', 'x', '-f', 'two-roles.yaml'], 'UsageInvalid'],
  [['explain', '-f', 'not-there.yaml'], 'FileUnreadable'],
  [['explain', '-f', 'settings.txt'], 'FileInvalid'],
  [['explain', '-f', 'two-roles.yaml', '--region', 'eu'], 'UsageInvalid'],
])('%j is not done: %s', async (args, codeName) => {
  const { code, out, err } = await runCommand(args, { cwd: FOLDER });
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(`error ${codeName}: `);
});

test('another kind: what to explain instead', async () => {
  const { code, err } = await runCommand(['explain', 'deployment', 'x']);
  expect(code).toBe(2);
  expect(err).toMatch(/error UsageInvalid: .*Explain one of its pods, or -f FILE\./);
});

describe('--graph', () => {
  test('text', async () => {
    const { out } = await runCommand([...argsOf('two-roles.yaml'), '--graph', 'text'], { cwd: FOLDER });
    expect(out).toContain(
      [
        'Deployment shop/orders: default (app)',
        '  the EKS Pod Identity agent',
        '    │ AssumeRole',
        '    ▼',
        '  arn:aws:iam::222222222222:role/hub',
        '    │ AssumeRole, ExternalId, 1 tag',
        '    ▼',
        '  arn:aws:iam::222222222222:role/orders',
      ].join('\n'),
    );
  });

  test('SVG: each step in its place, and what a stranger wrote is text', async () => {
    const account =
      'kind: ServiceAccount\nmetadata: {name: "<b>&", namespace: shop, annotations: {rolechain.io/assume-role: "arn:aws:iam::222222222222:role/x"}}\n';
    const { out } = await runCommand(['explain', '-f', '-', '--graph', 'svg'], { stdin: Readable.from([account]) });
    expect(out).toMatch(/^<svg xmlns=/);
    expect(out).toContain('&lt;b&gt;&amp;');
    expect(out).not.toContain('<b>');
    expect(out.indexOf('Pod Identity agent')).toBeLessThan(out.indexOf('role/x'));
  });
});

test('a terminal obeys nothing of what a stranger wrote', async () => {
  const account = JSON.stringify({ kind: 'ServiceAccount', metadata: { name: 'a\u001b[2Jb', namespace: 'shop' } });
  const { out } = await runCommand(['explain', '-f', '-'], { stdin: Readable.from([account]) });
  expect(out).not.toContain('\u001b');
});
