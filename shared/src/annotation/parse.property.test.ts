import fc from 'fast-check';
import { stringify } from 'yaml';
import { runs } from '@rolechain/kit/runs.ts';
import { errorEntry } from '../errors.ts';
import { parseAssumeRole } from './parse.ts';
import { FIELDS } from './fields.ts';
import { parseFluxAssumeRole } from './flux.ts';
import { ARN, arn, DEFAULTS, problemsOf as problems } from './testing.ts';

const hopOptional = {
  externalID: fc.stringMatching(/^[\w+=,.@:/-]{2,40}$/),
  sessionName: fc.array(fc.constantFrom('{pod}', '{cluster}', 'a', '-', '@'), { minLength: 1 }).map((t) => t.join('')),
  duration: fc.integer({ min: 900, max: 3600 }),
  stsRegion: fc.constantFrom('us-east-1', 'ap-southeast-4'),
  // Names that differ in more than case.
  tags: fc.dictionary(
    fc.constantFrom('team', 'constructor', 'a b', '5', 'ä'),
    fc.constantFrom('', 'x y', '007', 'true'),
    {
      noNullPrototype: true,
    },
  ),
  policyARNs: fc.array(fc.constantFrom('arn:aws:iam::aws:policy/X', 'arn:aws:iam::123456789012:policy/a/b'), {
    maxLength: 3,
  }),
};
const optional = {
  ...hopOptional,
  region: fc.constantFrom('eu-central-1', 'me-south-1'),
  sourceIdentity: fc.stringMatching(/^[\w+=,.@-]{2,64}$/),
  credentialSource: fc.constantFrom('auto', 'pod-identity', 'irsa', 'environment'),
  startup: fc.constantFrom('proceed', 'require'),
};
const hop = fc.record({ roleARN: fc.constant(arn('hub')), ...hopOptional }, { requiredKeys: ['roleARN'] });
const fields = fc.record({ roleARN: fc.constant(ARN), ...optional }, { requiredKeys: ['roleARN'] });
const shuffled = fields.chain((given) =>
  fc
    .shuffledSubarray(Object.entries(given), { minLength: Object.keys(given).length })
    .map((entries) => Object.fromEntries(entries) as typeof given),
);
const write = fc.constantFrom(
  (value: unknown) => JSON.stringify(value),
  (value: unknown) => JSON.stringify(value, null, 2),
  (value: unknown) => stringify(value),
  (value: unknown) => stringify(value, { defaultStringType: 'QUOTE_SINGLE' }),
);

/** What a hop or role comes to: its values, and defaults where it has none. */
function expected({ duration = 3600, ...rest }: { duration?: number; roleARN: string }, defaults: object) {
  return { ...defaults, ...rest, durationSeconds: duration };
}
const { name: _n, credentialSource: _c, webIdentity: _w, via: _v, ...HOP_DEFAULTS } = DEFAULTS;

test('a valid document comes back with its values, in any order, as YAML and as JSON', () => {
  const hops = fc.array(hop, { maxLength: 5 });
  const roles = fc.dictionary(fc.constantFrom('audit', 'constructor', '0', 'a-b'), fields, { noNullPrototype: true });
  fc.assert(
    fc.property(shuffled, hops, roles, write, (given, via, further, text) => {
      const read = parseAssumeRole(text({ ...given, via, roles: further }));
      expect(read).toEqual({
        ok: true,
        warnings: expect.any(Array),
        value: [
          { ...expected(given, DEFAULTS), via: via.map((one) => expected(one, HOP_DEFAULTS)) },
          ...Object.entries(further).map(([name, role]) => ({ ...expected(role, DEFAULTS), name })),
        ],
      });
    }),
  );
});

test('every broken and every unknown field is told, and no other', () => {
  const broken = fc.subarray([...Object.keys(optional), 'roleARN']);
  const unknown = fc.uniqueArray(fc.constantFrom('rolearn', 'hops', 'name', 'constructor', 'x y', '1'));
  fc.assert(
    fc.property(fields, broken, unknown, write, (given, bad, foreign, text) => {
      const value = { ...given, ...Object.fromEntries(bad.map((name) => [name, 1.5])) };
      const all = { ...value, ...Object.fromEntries(foreign.map((name) => [name, 1])) };
      const paths = problems(text(all)).map(({ path }) => path);
      expect(paths.toSorted()).toEqual([...bad, ...foreign.map((n) => (n === 'x y' ? '"x y"' : n))].toSorted());
    }),
  );
});

const anyField = fc.oneof(
  fc.constantFrom(...Object.keys(FIELDS), 'via', 'roles', 'useServiceAccount'),
  fc.string({ unit: 'binary' }),
);
const anyDocument = fc
  .dictionary(anyField, fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constant(ARN)))
  .chain((value) => write.map((text) => text(value)));
const pieces = [
  'roleARN',
  'externalID',
  ARN,
  ': ',
  '\n',
  '- ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  '&a ',
  '*a',
  '!!str ',
  '!x ',
  '|',
  '>',
  '"',
  "'",
  '---',
  '...',
  '%YAML 1.1\n',
  '#',
  '\t',
  '<<',
  '\\x',
  '\ufeff',
  '\0',
];
const anyYAML = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 5 })))
  .map((t) => t.join(''));

test('no text throws; every problem has a code of the table, a place, a short line and a fix', () => {
  fc.assert(
    fc.property(fc.oneof(anyDocument, anyYAML, fc.string({ unit: 'binary' })), (text) => {
      const flux = parseFluxAssumeRole(text);
      for (const { code, path, text: said, fix } of [...problems(text), ...(flux.ok ? [] : flux.problems)]) {
        expect(errorEntry(code)).toBeDefined();
        expect(path).toMatch(/^[^\n]{0,100}$/);
        expect(said).toMatch(/^[^\n]{5,400}$/);
        expect(fix).toMatch(/^[^\n]{5,300}$/);
      }
    }),
    { numRuns: runs(1000) },
  );
});

test('the value of externalID is in no problem, whatever is wrong with it or beside it', () => {
  const around = fc
    .array(fc.constantFrom(...'[]{},:&*!|>\'"%@`#\\- '.split(''), '!!', ': ', ' #'))
    .map((t) => t.join(''));
  const behind = fc.array(fc.oneof(around, fc.constantFrom('\n', '\n  ', '\nregion: x'))).map((t) => t.join(''));
  fc.assert(
    fc.property(around, behind, fc.boolean(), (before, after, second) => {
      const text = `roleARN: x\nduration: 1\n${second ? 'externalID: other\n' : ''}externalID: ${before}s3cret${after}`;
      expect(JSON.stringify(problems(text))).not.toContain('s3cret');
    }),
    { numRuns: runs(2000) },
  );
  for (const value of [['s3cret'], { s3cret: 's3cret' }, 's3cret '.repeat(9), 's3cret\n']) {
    expect(JSON.stringify(problems(JSON.stringify({ roleARN: ARN, externalID: value, duration: 1 })))).not.toContain(
      's3cret',
    );
  }
});
