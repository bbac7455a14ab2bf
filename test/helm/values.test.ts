/** Values that the chart doesn't have are refused by helm, in words that name the field. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { SETTINGS_FIELDS } from '@rolechain/webhook';
import { CHART, describeWithHelm } from './helm.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}
const SCHEMA = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as Schema;
const DEFAULTS = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as Readonly<Record<string, unknown>>;
const SETTINGS = SCHEMA.properties?.settings?.properties ?? {};

const TEMPLATE = ['template', 'rolechain', CHART, '--values=-', '--kube-version=v1.33.7'];

/** What the templates name too, so that they would part from them. */
const FIXED = [
  'sidecarImage',
  'port',
  'healthPort',
  'serviceName',
  'certDir',
  'certificateSecret',
  'webhookConfiguration',
];

describeWithHelm('values of the chart', (helm, helm3) => {
  describe.each(Object.entries({ helm, helm3 }))('by %s', (_name, program) => {
    const refusal = (values: object): string => {
      const { stderr, status } = spawnSync(program, TEMPLATE, { encoding: 'utf8', input: JSON.stringify(values) });
      expect([status, stderr]).not.toEqual([0, stderr]);
      return stderr;
    };

    test.each<[string, object, RegExp]>([
      ['an unknown value', { replica: 1 }, /'replica' not allowed/],
      ['an unknown value within another', { guard: { enable: false } }, /\/guard['"]?: [^\n]*'enable' not allowed/],
      ['an unknown setting', { settings: { conflict: 'warn' } }, /\/settings['"]?: [^\n]*'conflict' not allowed/],
      [
        'an unknown field of a setting',
        { settings: { eksWebhook: { a: 1 } } },
        /\/settings\/eksWebhook['"]?: [^\n]*'a'/,
      ],
      ['a setting that image makes', { settings: { sidecarImage: 'a' } }, /'sidecarImage' not allowed/],
      ['a setting that the templates fix', { settings: { port: 1 } }, /'port' not allowed/],
      ['a mode that is not there', { settings: { mode: 'dry-run' } }, /\/settings\/mode/],
      ['a digest that is none', { image: { sidecar: { digest: 'sha256:0' } } }, /\/image\/sidecar\/digest/],
      ['a registry with a scheme', { image: { registry: 'https://registry.example' } }, /\/image\/registry/],
      ['no replica', { replicas: 0 }, /\/replicas/],
      ['a pull Secret as a text', { imagePullSecrets: ['registry'] }, /\/imagePullSecrets\/0/],
    ])('%s is refused, and named', (_name, values, text) => {
      expect(refusal(values)).toMatch(text);
    });

    test('each setting of another type is, all of them at once', () => {
      // No field takes a list of this.
      const wrong = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, [[0]]]));
      const said = refusal({ settings: wrong });
      expect(Object.keys(SETTINGS).filter((name) => !said.includes(`/settings/${name}`))).toEqual([]);
    });

    test.each(Object.keys(DEFAULTS))('%s taken away is refused or renders: no template ends in words of Go', (name) => {
      const input = JSON.stringify({ [name]: null });
      const { status, stderr } = spawnSync(program, TEMPLATE, { encoding: 'utf8', input });
      const isNamed = stderr.includes(`missing property '${name}'`);
      expect([status === 0 || isNamed, stderr]).toEqual([true, stderr]);
    });

    test('what templates need cannot be taken away', () => {
      const needed = SCHEMA.required ?? [];
      const said = refusal(Object.fromEntries(needed.map((name) => [name, null])));
      expect(needed.filter((name) => !said.includes(`'${name}'`))).toEqual([]);
    });
  });
});

test('every setting may be written, but those that the templates fix', () => {
  const free = Object.keys(SETTINGS_FIELDS).filter((name) => !FIXED.includes(name));
  expect(Object.keys(SETTINGS).toSorted()).toEqual(free.toSorted());
});

test('values.yaml has every value, the images with a place for their digests', () => {
  const optional = ['global', 'k8version'];
  const known = Object.keys(SCHEMA.properties ?? {}).filter((name) => !optional.includes(name));
  expect(Object.keys(DEFAULTS).toSorted()).toEqual(known.toSorted());
  // scripts/release writes registry and digests here.
  const image = (repository: string): object => ({ repository, tag: '', digest: '' });
  expect(DEFAULTS.image).toEqual({
    registry: 'registry.example/rolechain',
    webhook: image('webhook'),
    sidecar: image('sidecar'),
  });
});
