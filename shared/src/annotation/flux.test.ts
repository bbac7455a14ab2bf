import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FOREIGN_KEYS } from '../annotations.ts';
import { errorEntry } from '../errors.ts';
import { parseFluxAssumeRole, readAnnotation } from './flux.ts';
import { ARN, bomb, DEFAULTS } from './testing.ts';

interface Case {
  readonly name: string;
  readonly document: string;
  readonly outcome: 'accepted' | 'refused' | 'absent';
  readonly base?: 'controller' | 'service-account';
  readonly reason?: string;
}
const CORPUS = join(__dirname, '../../../test/corpora/flux-assume-role.json');
const { cases } = JSON.parse(readFileSync(CORPUS, 'utf8')) as { cases: readonly Case[] };
const TARGET = 'arn:aws:iam::222222222222:role/target';

/** What Flux refuses and the alias takes, by hand, and why. */
const LEGAL_HERE: Readonly<Record<string, string>> = {
  'useServiceAccount false under lockdown':
    'the lockdown keeps tenants off the identity of Flux; the base here is the pod',
  'useServiceAccount left out without an IRSA role, under lockdown':
    'as above: without an IRSA role a pod has Pod Identity',
  'useServiceAccount false beside an IRSA role':
    'Flux would not use that role; here it is the base identity of the pod',
  'useServiceAccount left out beside an IRSA role': 'as above',
  'useServiceAccount true without an IRSA role':
    "nothing is wrong with the document; the account's role-arn is checked with it",
  'useServiceAccount true with a broken IRSA role': 'as above',
};

/** Role ARNs of accepted documents that are another than TARGET. */
const OTHER_ROLES: Readonly<Record<string, string>> = {
  'GovCloud partition': 'arn:aws-us-gov:iam::222222222222:role/target',
  'China partition': 'arn:aws-cn:iam::222222222222:role/target',
  'ISO partition': 'arn:aws-iso-b:iam::222222222222:role/target',
  'role with a path': 'arn:aws:iam::222222222222:role/team/app/target',
  'account of one digit': 'arn:aws:iam::2:role/target',
  'role name of 200 characters': `arn:aws:iam::222222222222:role/${'a'.repeat(200)}`,
  'space in the role name': 'arn:aws:iam::222222222222:role/a b',
  'space after the ARN, quoted': `${TARGET} `,
};

/** Documents whose base is the pod's IRSA role by their own word. */
const IRSA = [
  'useServiceAccount true with an IRSA role',
  'useServiceAccount true with an IRSA role, as JSON',
  'useServiceAccount as a YAML 1.1 yes',
  'useServiceAccount true without an IRSA role',
  'useServiceAccount true with a broken IRSA role',
];

const WARNED: Readonly<Record<string, RegExp>> = {
  'unknown field': /^"externalID": no field of Flux, ignored; use rolechain\.io\/assume-role/,
  'account of one digit': /IAM knows no such ARN/,
  'role name of 200 characters': /IAM knows no such ARN/,
  'space in the role name': /IAM knows no such ARN/,
  'space after the ARN, quoted': /IAM knows no such ARN/,
};

test('the tables name cases of the corpus', () => {
  const names = cases.map(({ name }) => name);
  expect(new Set(names).size).toBe(58);
  for (const name of [LEGAL_HERE, OTHER_ROLES, WARNED].flatMap(Object.keys).concat(IRSA)) expect(names).toContain(name);
});

test.each(cases)('$name', ({ name, document, outcome }) => {
  const parsed = parseFluxAssumeRole(document);
  if (outcome !== 'accepted' && !(name in LEGAL_HERE)) {
    expect(parsed.ok).toBe(false);
    for (const { code, text, fix } of parsed.ok ? [] : parsed.problems) {
      expect(errorEntry(code)).toBeDefined();
      expect(text).not.toBe('');
      expect(fix).not.toBe('');
    }
    return;
  }
  const roleARN = OTHER_ROLES[name] ?? TARGET;
  const credentialSource = IRSA.includes(name) ? 'irsa' : 'auto';
  expect(parsed).toEqual({
    ok: true,
    value: [{ ...DEFAULTS, roleARN, credentialSource }],
    warnings: WARNED[name] ? [expect.stringMatching(WARNED[name])] : [],
  });
});

test('each case that is legal here alone is refused by Flux for the sake of its own identity', () => {
  const reasons = cases.filter(({ name }) => name in LEGAL_HERE).map(({ reason }) => reason);
  expect(new Set(reasons)).toEqual(new Set(['lockdown', 'unused-irsa-role', 'irsa-role-missing-or-broken']));
});

describe("Go's decoders", () => {
  const role = (text: string) => {
    const parsed = parseFluxAssumeRole(text);
    return parsed.ok ? parsed.value[0]?.roleARN : parsed.problems.map(({ code, path }) => `${code} ${path}`);
  };
  test.each([
    ['the last spelling in byte order holds', `rolearn: ${ARN}\nroleARN: x\nROLEARN: y`, ARN],
    ['a null leaves the other spelling', `roleARN: ${ARN}\nrolearn: null`, ARN],
    [
      'the Kelvin sign and the long s are k and s',
      `roleARN: ${ARN}\nu\u017feServiceAccount: 5`,
      ['FieldWrongType useServiceAccount'],
    ],
    ['a merge key merges', `<<: {roleARN: "${ARN}"}`, ARN],
    ['an unknown tag is passed over', `roleARN: !x ${ARN}`, ARN],
    ['a later document may be broken', `roleARN: ${ARN}\n---\n{`, ARN],
    [
      'the own object members are nothing',
      '{"__proto__": {"roleARN": "x"}, "constructor": 1}',
      ['FieldMissing roleARN'],
    ],
    [
      'both fields are told at once',
      'roleARN: 5\nuseServiceAccount: 5',
      ['FieldWrongType roleARN', 'FieldWrongType useServiceAccount'],
    ],
  ])('%s', (_name, text, expected) => expect(role(text)).toEqual(expected));

  test.each(['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE'])('%s is true', (word) => {
    expect(parseFluxAssumeRole(`roleARN: ${ARN}\nUSESERVICEACCOUNT: ${word}`)).toMatchObject({
      value: [{ credentialSource: 'irsa' }],
    });
  });
  test.each(['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE', '~', ''])(
    '%s is false',
    (word) => {
      expect(parseFluxAssumeRole(`roleARN: ${ARN}\nuseServiceAccount: ${word}`)).toMatchObject({
        value: [{ credentialSource: 'auto' }],
      });
    },
  );

  test('a merge of what is no map is told as such', () => {
    expect(parseFluxAssumeRole('<<: 5')).toMatchObject({
      problems: [{ code: 'DocumentUnreadable', text: 'is not valid YAML: a merge (<<) of something else than maps' }],
    });
  });

  test('our own limits on size and aliases stay', () => {
    expect(role(`roleARN: ${ARN}\n#${'x'.repeat(33_000)}`)).toEqual(['DocumentTooLarge ']);
    expect(role(bomb(8))).toEqual(['DocumentTooComplex ']);
  });

  test('many unknown fields are one short warning', () => {
    const text = `roleARN: ${ARN}\n${Array.from({ length: 9 }, (_, i) => `f${i}: 1`).join('\n')}`;
    expect(parseFluxAssumeRole(text)).toMatchObject({
      warnings: ['"f0", "f1", "f2" and 6 more: no field of Flux, ignored; use rolechain.io/assume-role for more'],
    });
  });
});

describe('which of two annotations counts', () => {
  const flux = `{roleARN: "${ARN}"}`;
  const read = (ours: string | undefined, theirs: string | undefined, fluxEnabled = true) =>
    readAnnotation({ ours, flux: theirs, fluxEnabled });
  const ok = { ok: true, value: [DEFAULTS], warnings: [] };

  test.each([
    ['none', undefined, undefined],
    ["Flux's, which the admin did not turn on", undefined, flux],
  ])('%s', (_name, ours, theirs) => expect(read(ours, theirs, false)).toBeUndefined());

  test('an empty one of Flux counts as none, an empty one of ours as a mistake', () => {
    expect(read(undefined, '')).toBeUndefined();
    expect(read('', flux)).toMatchObject({ roles: { ok: false, problems: [{ code: 'DocumentWrongType' }] } });
  });

  test("Flux's, where it is on and ours absent", () => {
    expect(read(undefined, flux)).toEqual({ key: FOREIGN_KEYS.fluxAssumeRole, text: flux, roles: ok });
    expect(read(undefined, ARN)).toMatchObject({ roles: { ok: false, problems: [{ code: 'DocumentWrongType' }] } });
  });

  test('ours, where Flux is off, however different', () => {
    expect(read(ARN, '{', false)).toEqual({ key: 'rolechain.io/assume-role', text: ARN, roles: ok });
  });

  test('ours, where both ask for the same', () => {
    expect(read(ARN, `ROLEARN: ${ARN}\nuseServiceAccount: no`)).toEqual({
      key: 'rolechain.io/assume-role',
      text: ARN,
      roles: ok,
    });
    expect(
      read(`{roleARN: "${ARN}", credentialSource: irsa}`, `{roleARN: "${ARN}", useServiceAccount: true}`),
    ).toMatchObject({
      roles: { ok: true },
    });
  });

  test.each([
    ['another role', 'roleARN: arn:aws:iam::222222222222:role/x'],
    ['another base', `{roleARN: "${ARN}", useServiceAccount: true}`],
    ['nothing readable', '{'],
  ])('neither, where Flux asks for %s', (_name, theirs) => {
    expect(read(ARN, theirs)?.roles).toEqual({
      ok: false,
      problems: [
        {
          code: 'FieldConflict',
          path: 'aws.auth.fluxcd.io/assume-role',
          text: 'stands beside rolechain.io/assume-role and asks for something else',
          fix: 'leave one of the two annotations out',
        },
      ],
    });
  });
});
