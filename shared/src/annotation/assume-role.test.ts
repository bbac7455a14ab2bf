import fc from 'fast-check';
import { FIELDS, parseAssumeRole, type RoleSpec } from './assume-role.ts';
import { LIMITS } from '../limits.ts';
import type { Problem } from '../problem.ts';

const ARN = 'arn:aws:iam::222222222222:role/orders';
const DEFAULTS: RoleSpec = {
  name: 'default',
  roleARN: ARN,
  sessionName: '{namespace}.{pod}',
  durationSeconds: 3600,
  credentialSource: 'auto',
  startup: 'proceed',
};

function role(text: string): RoleSpec {
  const parsed = parseAssumeRole(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  expect(parsed.value).toHaveLength(1);
  return parsed.value[0]!;
}

function problems(text: string): readonly Problem[] {
  const parsed = parseAssumeRole(text);
  return parsed.ok ? [] : parsed.problems;
}

const codes = (text: string) => problems(text).map(({ code, path }) => (path === '' ? code : `${code} ${path}`));
const document = (fields: object) => JSON.stringify({ roleARN: ARN, ...fields });

describe('what users write', () => {
  test.each([
    ['a bare ARN', ARN],
    ['with white space around it', `\n  ${ARN}  \n`],
    ['in quotes', `"${ARN}"`],
    ['with a comment', `${ARN} # orders`],
    ['a document of one field', `roleARN: ${ARN}`],
    ['JSON', `{"roleARN":"${ARN}"}`],
    ['with the ends of a YAML document', `---\nroleARN: ${ARN}\n...\n`],
    ['with Windows line ends', `roleARN: ${ARN}\r\nstartup: proceed\r\n`],
  ])('%s', (_name, text) => expect(role(text)).toEqual(DEFAULTS));

  test('every field', () => {
    const text = `
      roleARN: ${ARN}        # the target
      externalID: "0123"
      sessionName: "{cluster}-{pod}"
      duration: 45m
      region: eu-central-1
      stsRegion: us-gov-west-1
      credentialSource: irsa
      startup: require`;
    expect(parseAssumeRole(text)).toEqual({
      ok: true,
      value: [
        {
          name: 'default',
          roleARN: ARN,
          externalID: '0123',
          sessionName: '{cluster}-{pod}',
          durationSeconds: 2700,
          region: 'eu-central-1',
          stsRegion: 'us-gov-west-1',
          credentialSource: 'irsa',
          startup: 'require',
        },
      ],
      warnings: [],
    });
  });

  test('an anchor may be used a few times', () => {
    expect(role(`roleARN: ${ARN}\nregion: &r eu-west-1\nstsRegion: *r`)).toMatchObject({ stsRegion: 'eu-west-1' });
  });
});

describe('each field at its limits', () => {
  const of = (length: number) => 'x'.repeat(length);
  const inside: [string, unknown][] = [
    ['roleARN', `arn:aws:iam::222222222222:role/${of(64)}`],
    ['roleARN', 'arn:aws:iam::222222222222:role/x'],
    ['externalID', of(2)],
    ['externalID', of(1224)],
    ['externalID', 'aZ09_+=,.@:/-'],
    ['sessionName', 'x'],
    ['sessionName', of(512)],
    ['sessionName', '{namespace}{serviceAccount}{pod}{cluster}_+=,.@-'],
    ['duration', 900],
    ['duration', '900'],
    ['duration', '15m'],
    ['duration', 3600],
    ['duration', '1h'],
    ['region', 'eu-west-1'],
    ['stsRegion', 'us-isob-east-1'],
    ['credentialSource', 'environment'],
    ['startup', 'require'],
  ];
  test.each(inside)('%s: %j', (name, value) => expect(codes(document({ [name]: value }))).toEqual([]));

  const outside: [string, unknown][] = [
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
    ['sessionName', ''],
    ['sessionName', of(513)],
    ['sessionName', 'a b'],
    ['sessionName', '{unknown}'],
    ['sessionName', '{pod'],
    ['duration', 899],
    ['duration', '14m'],
    ['duration', 3601],
    ['duration', '2h'],
    ['region', 'Europe'],
    ['region', 'eu-west'],
    ['stsRegion', ''],
  ];
  test.each(outside)('%s outside: %j', (name, value) => {
    expect(codes(document({ [name]: value }))).toEqual([`FieldOutOfRange ${name}`]);
  });

  const wrong = [null, true, 1, 1.5, [], ['x'], {}, { x: 1 }];
  test.each(Object.keys(FIELDS))('%s of another type', (name) => {
    for (const value of wrong) {
      if (name === 'duration' && value === 1) continue;
      expect(codes(document({ [name]: value }))).toEqual([`FieldWrongType ${name}`]);
    }
  });

  test.each([
    ['credentialSource', 'Auto'],
    ['startup', 'no'],
    ['duration', 'soon'],
    ['duration', 900.5],
    ['duration', -900],
  ])('%s of no known kind: %j', (name, value) => {
    expect(codes(document({ [name]: value }))).toEqual([`FieldWrongType ${name}`]);
  });

  test('a problem shows what was written, not what was made of it', () => {
    const shown = (duration: unknown) => problems(document({ duration }))[0]?.text;
    expect(shown(null)).toMatch(/^is null, but takes 900-3600 s/);
    expect(shown('soon')).toMatch(/^is "soon", but takes/);
    expect(shown('2h')).toMatch(/^is "2h", but takes/);
  });

  test('a short duration draws a warning, just under half an hour', () => {
    expect(parseAssumeRole(document({ duration: 1800 }))).toMatchObject({ warnings: [] });
    expect(parseAssumeRole(document({ duration: 1799 }))).toMatchObject({
      warnings: [expect.stringMatching(/^duration: 1799 s is short.*30m or more/)],
    });
  });

  test('the document: to the byte', () => {
    const text = `roleARN: ${ARN}\n#`;
    const fill = 'é'.repeat((LIMITS.annotationBytes - text.length) / 2) + 'x'.repeat(text.length % 2);
    expect(codes(text + fill)).toEqual([]);
    expect(codes(`${text}${fill}x`)).toEqual(['DocumentTooLarge']);
    expect(problems('x'.repeat(5_000_000))[0]?.text).toBe('has 5000000 bytes; its limit is 32768');
  });
});

describe('an externalID that looks like a number', () => {
  test.each([
    '123',
    '0123',
    '0x7b',
    '0o17',
    '1e3',
    '1.0',
    '-1',
    '+1',
    '.5',
    '.inf',
    '-.INF',
    '.nan',
    'true',
    'null',
    '~',
    '',
  ])('%s is refused without quotes and kept with them', (written) => {
    expect(codes(`roleARN: ${ARN}\nexternalID: ${written}`)).toEqual(['FieldWrongType externalID']);
    if (/^[\w+.-]{2,}$/.test(written))
      expect(role(`roleARN: ${ARN}\nexternalID: "${written}"`).externalID).toBe(written);
  });

  test('is never converted: what is accepted is what was written', () => {
    const written = fc.oneof(
      fc.stringMatching(/^[0-9+.eExXoObB_:-]{2,14}$/),
      fc.stringMatching(/^[\w+=,.@:/-]{2,14}$/),
      fc.double().map(String),
      fc.bigInt().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    fc.assert(
      fc.property(written, (text) => {
        const parsed = parseAssumeRole(`roleARN: ${ARN}\nexternalID: ${text}`);
        if (parsed.ok) expect(parsed.value[0]?.externalID).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('documents that are not in order', () => {
  test.each(['', ' ', '#', '~', 'null', '[]', '5', 'true', '- a'])('%j is no map of fields', (text) => {
    expect(codes(text)).toEqual(['DocumentWrongType']);
  });

  test.each([
    ['several documents', `roleARN: ${ARN}\n---\nroleARN: ${ARN}`, /second document begins at line 2/],
    ['a field that stands twice', `roleARN: ${ARN}\nroleARN: ${ARN}`, /a field stands twice at line 2, column 1/],
    ['a key that is a list', `roleARN: ${ARN}\n? [a]\n: b`, /name is not text at line 2/],
    [
      'an alias bomb',
      'a: &a [x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c]',
      /aliases repeat more than 10/,
    ],
    ['an alias of nothing', `roleARN: *x`, /an alias has no anchor/],
    ['a tag', `roleARN: !x ${ARN}`, /an unknown tag at line 1, column 10/],
    ['a tag that makes an object', 'roleARN: !!binary aGVsbG8=', /an unknown tag/],
    ['a set', '!!set {roleARN}', /an unknown tag/],
    ['an unknown directive', `%X y\n---\n${ARN}`, /an unknown directive/],
    ['an open quote', `roleARN: "${ARN}`, /Missing closing "quote at line 1/],
    ['an unknown escape', String.raw`roleARN: "\q"`, /an unknown backslash sequence/],
    ['text behind a value', `roleARN: "${ARN}" more`, /Unexpected scalar at node end/],
  ])('%s', (_name, text, expected) => {
    expect(codes(text)).toEqual(['DocumentUnreadable']);
    expect(problems(text)[0]?.text).toMatch(expected);
  });

  test.each(['[', '{', '- ', '? ', '{a: ', '[{'])(
    '%s, nested without end, ends neither the program nor its patience',
    (open) => {
      const text = open.repeat(30_000 / open.length);
      expect(codes(text)).toEqual(['DocumentUnreadable']);
      expect(problems(text)[0]?.text).toContain('nested too deeply');
    },
  );

  test('fields named like object members are unknown fields', () => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '<<']) {
      const text = `roleARN: ${ARN}\n${name}: {externalID: abc}`;
      expect(problems(text).map(({ code }) => code)).toEqual(['FieldUnknown']);
      expect(codes(`{"roleARN": "${ARN}", "${name}": {"externalID": "abc"}}`)).toHaveLength(1);
    }
    expect(codes('{"__proto__": {"roleARN": "x"}}')).toContain('FieldMissing roleARN');
  });

  test('an unknown field proposes the one that was meant, or names all', () => {
    const fix = (name: string) => problems(document({ [name]: 1 }))[0]?.fix;
    expect(fix('externalId')).toBe('did you mean externalID?');
    expect(fix('rolearn')).toBe('did you mean roleARN?');
    expect(fix('policyARNs')).toBe(`the fields are ${Object.keys(FIELDS).join(', ')}`);
  });

  test('without roleARN there is no role', () => {
    expect(codes('{}')).toEqual(['FieldMissing roleARN']);
    expect(codes('startup: require')).toEqual(['FieldMissing roleARN']);
  });
});
