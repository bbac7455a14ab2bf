import { jsonSchema } from '@rolechain/test/schemas/takes.ts';
import { parseAssumeRole } from './parse.ts';
import { FIELDS } from './fields.ts';
import { codesOf, document, problemsOf } from './testing.ts';

const of = (length: number): string => 'x'.repeat(length);
const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));
const list = (count: number) => Array.from({ length: count }, (_, i) => `arn:aws:iam::aws:policy/P${i}`);
const secret = (name: unknown, key: unknown) => ({ secretKeyRef: { name, key } });
/** A policy object whose text has this many characters. */
const policyOf = (characters: number) => ({ Sid: of(characters - '{"Sid":""}'.length) });

describe('each field at its limits', () => {
  const inside: [string, unknown][] = [
    ['roleARN', `arn:aws:iam::222222222222:role/${of(64)}`],
    ['roleARN', 'arn:aws:iam::222222222222:role/x'],
    ['roleARN', `arn:aws:iam::222222222222:role/${of(510)}/x`],
    ['externalID', of(2)],
    ['externalID', of(1224)],
    ['externalID', 'aZ09_+=,.@:/-'],
    ['externalIDFrom', secret('a', 'k')],
    ['externalIDFrom', secret(`a.${of(251)}`, of(253))],
    ['externalIDFrom', secret('a-b.c', '_.-aA0')],
    ['sessionName', 'x'],
    ['sessionName', of(512)],
    ['sessionName', '{namespace}{serviceAccount}{pod}{cluster}_+=,.@-'],
    ['duration', 900],
    ['duration', '900'],
    ['duration', '15m'],
    ['duration', 3600],
    ['duration', '1h'],
    ['region', 'eu-west-1'],
    ['stsRegion', 'ap-southeast-4'],
    ['tags', {}],
    ['tags', tags(50)],
    ['tags', { [of(128)]: of(256), 'a b_.:/=+-@é٣': '' }],
    ['tags', { ['𠮷'.repeat(128)]: '𠮷'.repeat(256) }],
    ['tags', { constructor: 'x', prototype: '0', '<<': undefined }],
    ['transitiveTagKeys', []],
    ['policy', policyOf(2048)],
    ['policy', '{"Version":"2012-10-17","Statement":[]}'],
    ['policy', ' {\n\t"Sid": "ÿ"\r}'],
    ['policyARNs', []],
    ['policyARNs', list(10)],
    ['policyARNs', ['arn:aws-cn:iam::123456789012:policy/team/x']],
    ['sourceIdentity', of(2)],
    ['sourceIdentity', 'aZ09_+=,.@-'.repeat(6).slice(0, 64)],
    ['credentialSource', 'environment'],
    ['serviceAccount', { name: 'a' }],
    ['serviceAccount', { name: `a.${of(251)}`, namespace: of(63) }],
    ['webIdentity', 'prefer'],
    ['startup', 'require'],
  ];
  test.each(inside)('%s: %j', (name, value) => expect(codesOf(document({ [name]: value }))).toEqual([]));

  test('the JSON Schema takes them', () => {
    const takes = jsonSchema('annotation');
    const texts = inside.map(([name, value]) => document({ [name]: value }));
    expect(texts.filter((text) => !takes(JSON.parse(text)))).toEqual([]);
  });

  const outside: [string, unknown, at?: string][] = [
    ['roleARN', ''],
    ['roleARN', of(20)],
    ['roleARN', `arn:aws:iam::222222222222:role/${of(65)}`],
    ['roleARN', `arn:aws:iam::222222222222:role/${'p/'.repeat(1100)}x`],
    ['roleARN', 'arn:aws:iam::222222222222:user/x'],
    ['externalID', ''],
    ['externalID', of(1)],
    ['externalID', of(1225)],
    ['externalID', 'a b'],
    ['externalID', 'ä-ö'],
    ['externalID', 'ab\n'],
    ['externalIDFrom', secret('', 'k'), 'secretKeyRef.name'],
    ['externalIDFrom', secret(of(254), 'k'), 'secretKeyRef.name'],
    ['externalIDFrom', secret('A', 'k'), 'secretKeyRef.name'],
    ['externalIDFrom', secret('a', ''), 'secretKeyRef.key'],
    ['externalIDFrom', secret('a', of(254)), 'secretKeyRef.key'],
    ['externalIDFrom', secret('a', '../k'), 'secretKeyRef.key'],
    ['sessionName', ''],
    ['sessionName', of(513)],
    ['sessionName', 'a b'],
    ['sessionName', '{unknown}'],
    ['sessionName', '{pod'],
    ['duration', 899],
    ['duration', '14m'],
    ['duration', 3601],
    ['duration', '2h'],
    ['duration', 43_201],
    ['region', 'Europe'],
    ['region', 'eu-west'],
    ['stsRegion', ''],
    ['tags', tags(51)],
    ['tags', { '': 'v' }, '""'],
    ['tags', { [of(129)]: 'v' }, `"${of(76)}...`],
    ['tags', { a: of(257) }, 'a'],
    ['tags', { 'a*': 'v' }, '"a*"'],
    ['tags', { a: 'x\n' }, 'a'],
    ['tags', { ['𠮷'.repeat(129)]: 'v' }, `"${'𠮷'.repeat(38)}...`],
    ['tags', { a: '𠮷'.repeat(257) }, 'a'],
    ['tags', JSON.parse('{"__proto__": "x"}'), '__proto__'],
    ['transitiveTagKeys', Object.keys(tags(51))],
    ['transitiveTagKeys', [''], '0'],
    ['policy', policyOf(2049)],
    ['policy', { Sid: '€' }],
    ['policyARNs', list(11)],
    ['policyARNs', ['arn:aws:iam::aws:role/x-123'], '0'],
    ['policyARNs', [...list(1), 'x'], '1'],
    ['sourceIdentity', 'x'],
    ['sourceIdentity', of(65)],
    ['sourceIdentity', 'a b'],
    ['serviceAccount', { name: 'A' }, 'name'],
    ['serviceAccount', { name: of(254) }, 'name'],
    ['serviceAccount', { name: 'a', namespace: of(64) }, 'namespace'],
    ['serviceAccount', { name: 'a', namespace: 'a.b' }, 'namespace'],
  ];
  test.each(outside.map(([name, value, at = '']) => [name, value, at] as const))(
    '%s outside: %j',
    (name, value, at) => {
      const path = at === '' ? name : `${name}.${at}`;
      expect(codesOf(document({ [name]: value })).filter((code) => !code.startsWith('FieldConflict'))).toEqual([
        `FieldOutOfRange ${path}`,
      ]);
    },
  );

  test("a Secret is one of the pod's own namespace: another can't be named", () => {
    const secretKeyRef = { name: 'a', key: 'b', namespace: 'other' };
    expect(codesOf(document({ externalIDFrom: { secretKeyRef } }))).toEqual([
      'FieldUnknown externalIDFrom.secretKeyRef.namespace',
    ]);
  });

  test('each field stands in both lists, or takes one of a few words', () => {
    const words = ['credentialSource', 'webIdentity', 'startup'];
    expect(new Set(inside.map(([name]) => name))).toEqual(new Set(Object.keys(FIELDS)));
    expect(new Set([...outside.map(([name]) => name), ...words])).toEqual(new Set(Object.keys(FIELDS)));
  });

  const wrong = [null, true, 1, 1.5, [], ['x'], {}, { x: 1 }, [[]], 'word'];
  test.each(Object.entries(FIELDS))('%s of another type', (name, field) => {
    const refused = wrong.filter((value) => codesOf(document({ [name]: value })).length > 0);
    const found = refused.map((value) => [value, problemsOf(document({ [name]: value }))] as const);
    expect(found.length).toBeGreaterThanOrEqual(6);
    for (const [value, problems] of found) {
      for (const { code, path, text, fix } of problems) {
        expect(code).toMatch(/^Field(WrongType|OutOfRange|Missing|Unknown|Conflict)$/);
        expect(path.split('.')[0]).toBe(name);
        expect(fix).not.toBe('');
        expect(text).not.toMatch(/Invalid|Expected/);
      }
      const whole = value === null || typeof value === 'boolean' || value === 1.5;
      if (whole) expect(problems).toMatchObject([{ code: 'FieldWrongType', path: name }]);
      if (whole) expect(problems[0]?.text).toContain(`but takes ${field.expects}`);
    }
  });

  test.each([
    ['externalIDFrom', {}, 'FieldMissing externalIDFrom.secretKeyRef'],
    ['externalIDFrom', { secretKeyRef: 5 }, 'FieldWrongType externalIDFrom.secretKeyRef'],
    ['externalIDFrom', secret('a', undefined), 'FieldMissing externalIDFrom.secretKeyRef.key'],
    ['externalIDFrom', secret(1, 'k'), 'FieldWrongType externalIDFrom.secretKeyRef.name'],
    ['externalIDFrom', { ...secret('a', 'k'), optional: true }, 'FieldUnknown externalIDFrom.optional'],
    ['serviceAccount', {}, 'FieldMissing serviceAccount.name'],
    ['serviceAccount', { name: 'a', kind: 'b' }, 'FieldUnknown serviceAccount.kind'],
    ['tags', { a: 5 }, 'FieldWrongType tags.a'],
    ['tags', { a: null }, 'FieldWrongType tags.a'],
    ['transitiveTagKeys', [5], 'FieldWrongType transitiveTagKeys.0'],
    ['policyARNs', [5], 'FieldWrongType policyARNs.0'],
    ['policy', '[]', 'FieldWrongType policy'],
    ['policy', '{"a": ', 'FieldWrongType policy'],
    ['credentialSource', 'Auto', 'FieldWrongType credentialSource'],
    ['webIdentity', 'yes', 'FieldWrongType webIdentity'],
    ['startup', 'no', 'FieldWrongType startup'],
    ['duration', 'soon', 'FieldWrongType duration'],
    ['duration', 900.5, 'FieldWrongType duration'],
    ['duration', -900, 'FieldWrongType duration'],
  ])('%s of no known kind: %j', (name, value, expected) => {
    expect(codesOf(document({ [name]: value }))).toEqual([expected]);
  });

  test('a problem shows what was written, not what was made of it', () => {
    const shown = (duration: unknown) => problemsOf(document({ duration }))[0]?.text;
    expect(shown(null)).toMatch(/^is null, but takes 900-3600 s/);
    expect(shown('soon')).toMatch(/^is "soon", but takes/);
    expect(shown('13h')).toMatch(/^is "13h", but takes/);
    expect(shown('2h')).toMatch(/^is 7200 s, but takes at most 3600 s, the limit of a chained session/);
  });

  test('a short duration draws a warning, just under half an hour', () => {
    expect(parseAssumeRole(document({ duration: 1800 }))).toMatchObject({ warnings: [] });
    expect(parseAssumeRole(document({ duration: 1799 }))).toMatchObject({
      warnings: [expect.stringMatching(/^duration: 1799 s is short.*30m or more/)],
    });
  });
});
