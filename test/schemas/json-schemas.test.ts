/**
 * The JSON Schemas of docs/schemas beside the parsers: what a parser takes, its schema takes, so that an editor never marks what is
 * in order. A wrong type is refused by both.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority } from '@rolechain/certs';
import { ANNOTATIONS, FIELDS, parseAssumeRole, parseSidecarConfig } from '@rolechain/shared';
import { SETTINGS_FIELDS, parseSettings } from '@rolechain/webhook';
import { runs } from '@rolechain/kit/runs.ts';
import fc from 'fast-check';
import { parse, parseAllDocuments } from 'yaml';
import { ACCOUNTS } from '../hard-pods/accounts.ts';
import { changed } from './changed.ts';
import { CONFIG_VALUES, DOCUMENT_VALUES, HOP, SETTINGS_VALUES, type Json } from './values.ts';
import { jsonSchema } from './takes.ts';

const ROOT = join(__dirname, '..', '..');
const takesDocument = jsonSchema('annotation');
const takesSettings = jsonSchema('settings');
const takesConfig = jsonSchema('sidecar-config');

const ARN = HOP.roleARN;
const DOCUMENT = { ...DOCUMENT_VALUES.base, via: [HOP], roles: { audit: { roleARN: ARN, via: [HOP] } } };
const SETTINGS = SETTINGS_VALUES.base;
const CONFIG = CONFIG_VALUES.base;

const SUBJECTS = [
  {
    name: 'annotation',
    base: DOCUMENT,
    names: [...Object.keys(FIELDS), 'via', 'roles'],
    values: DOCUMENT_VALUES.fields,
    parse: (value: Json) => parseAssumeRole(JSON.stringify(value)),
    takes: takesDocument,
  },
  {
    name: 'settings',
    base: SETTINGS,
    names: Object.keys(SETTINGS_FIELDS),
    values: SETTINGS_VALUES.fields,
    parse: (value: Json) => parseSettings(JSON.stringify(value)),
    takes: takesSettings,
  },
  {
    name: 'sidecar-config',
    base: CONFIG,
    names: Object.keys(CONFIG),
    values: CONFIG_VALUES.fields,
    parse: (value: Json) => parseSidecarConfig(JSON.stringify(value)),
    takes: takesConfig,
  },
] as const;

describe.each(SUBJECTS)('$name', ({ base, names, values, parse: read, takes }) => {
  test('what the parser takes, the schema takes', () => {
    expect([read(base).ok, takes(base)]).toEqual([true, true]);
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(changed(base, values), (value) => {
        const taken = read(value).ok;
        const bySchema = takes(value);
        seen[taken ? 'taken' : 'refused'] += 1;
        expect(taken && !bySchema).toBe(false);
      }),
      { numRuns: runs(2000) },
    );
    // A generator that is always right, or always wrong, would show nothing.
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(20);
  });

  test('no field takes what is of none of its types, and none is unknown to the other', () => {
    for (const name of names) {
      const wrong = { ...base, [name]: 1.5 };
      expect([name, read(wrong).ok, takes(wrong)]).toEqual([name, false, false]);
    }
    const unknown = { ...base, colour: 1 };
    expect([read(unknown).ok, takes(unknown)]).toEqual([false, false]);
    for (const whole of [null, 1, true, [], [base], 'word']) {
      expect([whole, read(whole).ok, takes(whole)]).toEqual([whole, false, false]);
    }
  });
});

test('the document has every field of the annotation', () => {
  const { externalID } = HOP;
  const fields = Object.keys({ ...DOCUMENT, externalID });
  expect(fields.toSorted()).toEqual([...Object.keys(FIELDS), 'roles', 'via'].toSorted());
});

test('the settings have every field', async () => {
  const { certificate: clientCA } = await makeAuthority({ now: new Date(), commonName: 'test CA' });
  const settings = { ...SETTINGS, clientCA, clientNames: ['apiserver'] };
  expect(Object.keys(settings).toSorted()).toEqual(Object.keys(SETTINGS_FIELDS).toSorted());
  expect([parseSettings(JSON.stringify(settings)).ok, takesSettings(settings)]).toEqual([true, true]);
});

/** Every value that a key has, however deep. */
function valuesOf(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    ...(name === key ? [member] : []),
    ...valuesOf(member, key),
  ]);
}
const manifests = globSync('manifests/**/*.yaml', { cwd: ROOT }).flatMap((file) =>
  parseAllDocuments(readFileSync(join(ROOT, file), 'utf8')).map((document) => document.toJS() as unknown),
);

test('the annotations of the hard pods and of the manifests', () => {
  const key = ANNOTATIONS.assumeRole.key;
  const texts = [...valuesOf(ACCOUNTS, key), ...valuesOf(manifests, key)].map(String);
  const taken = texts.filter((text) => parseAssumeRole(text).ok);
  expect(taken.length).toBeGreaterThan(5);
  expect(taken.filter((text) => !takesDocument(parse(text)))).toEqual([]);
});

test('the settings of the manifests', () => {
  const texts = valuesOf(manifests, 'settings.yaml').map(String);
  const taken = texts.filter((text) => parseSettings(text).ok);
  expect(taken.length).toBeGreaterThan(0);
  expect(taken.filter((text) => !takesSettings(parse(text)))).toEqual([]);
});
