import { FOREIGN_TAG_KEYS } from '../eks.ts';
import { parseAssumeRole } from './parse.ts';
import { ARN, arn, codesOf, document, problemsOf } from './testing.ts';

const role = 'arn:aws:iam::333333333333:role/hub';
const secret = { secretKeyRef: { name: 'a', key: 'b' } };
/** Code, path, text and fix of the only problem. */
const only = (fields: object) => {
  const problems = problemsOf(document(fields));
  expect(problems).toHaveLength(1);
  return problems[0]!;
};

describe('where a rule holds: at the top level, in a further role and in a hop', () => {
  const places: [string, (fields: object) => string][] = [
    ['', (fields) => document(fields)],
    ['roles.a.', (fields) => JSON.stringify({ roles: { a: { roleARN: ARN, ...fields } } })],
    ['via.1.', (fields) => document({ via: [{ roleARN: role }, { roleARN: role, ...fields }] })],
    [
      'roles.a.via.0.',
      (fields) => JSON.stringify({ roles: { a: { roleARN: ARN, via: [{ roleARN: role, ...fields }] } } }),
    ],
  ];
  const policyARNs = ['arn:aws:iam::aws:policy/PowerUserAccess'];
  const policyOf = (characters: number) => ({ Sid: 'x'.repeat(characters - '{"Sid":""}'.length) });
  const rules: [string, object, string, RegExp, RegExp][] = [
    [
      'both ExternalIds',
      { externalID: 'ab', externalIDFrom: secret },
      'FieldConflict externalIDFrom',
      /beside externalID$/,
      /leave one/,
    ],
    [
      'over an hour',
      { duration: 3601 },
      'FieldOutOfRange duration',
      /3601 s, but takes at most 3600 s/,
      /within these limits/,
    ],
    [
      'policies that are long together',
      { policy: policyOf(2048 - 39 + 1), policyARNs },
      'FieldOutOfRange policy',
      /2049 characters, but take 2048 together/,
      /within these limits/,
    ],
    [
      'a tag twice',
      { tags: { team: 'a', Team: 'b' } },
      'FieldConflict tags',
      /has "Team" twice: STS tag keys are case-insensitive/,
      /leave one/,
    ],
    [
      'a transitive key of no tag',
      { tags: { team: 'a' }, transitiveTagKeys: ['Team'] },
      'FieldConflict transitiveTagKeys',
      /names "Team", which is not a key of tags/,
      /add it to tags/,
    ],
    [
      "an EKS agent's tag",
      { tags: { 'EKS-Cluster-Name': 'x' } },
      'FieldConflict tags',
      /sets "EKS-Cluster-Name", which the Pod Identity agent passes on/,
      /another key/,
    ],
    [
      'a Region of another partition',
      { stsRegion: 'cn-north-1' },
      'FieldConflict stsRegion',
      /is cn-north-1, a Region of the partition aws-cn, but the role is of aws/,
      /correct/,
    ],
  ];
  const cases = places.flatMap(([at, place]) => rules.map((rule) => [at, ...rule, place] as const));
  test.each(cases)('%s: %s', (at, _name, fields, expected, text, fix, place) => {
    const problems = problemsOf(place(fields));
    const [code = '', field = ''] = expected.split(' ');
    expect(problems).toEqual([
      { code, path: at + field, text: expect.stringMatching(text), fix: expect.stringMatching(fix) },
    ]);
  });

  test.each(places)('%sinside the same limits nothing is wrong', (_at, place) => {
    const fields = {
      externalIDFrom: secret,
      duration: 3600,
      policy: policyOf(2048 - 39),
      policyARNs,
      tags: { team: 'a', teams: 'b' },
      transitiveTagKeys: ['team', 'teams'],
      stsRegion: 'eu-west-1',
    };
    expect(codesOf(place(fields))).toEqual([]);
  });
});

describe('web identity', () => {
  const target = { duration: 3600, policy: {}, policyARNs: ['arn:aws:iam::aws:policy/X'], sessionName: '{pod}' };
  const given: Record<string, object> = {
    externalID: { externalID: 'ab' },
    externalIDFrom: { externalIDFrom: secret },
    tags: { tags: { a: 'b' } },
    transitiveTagKeys: { tags: { a: 'b' }, transitiveTagKeys: ['a'] },
    sourceIdentity: { sourceIdentity: 'me' },
    via: { via: [{ roleARN: role }] },
  };
  // The contract's table, by hand.
  const refused: Record<'never' | 'only' | 'prefer', string[]> = {
    never: [],
    only: ['externalID', 'externalIDFrom', 'sourceIdentity', 'tags', 'transitiveTagKeys', 'via'],
    prefer: ['sourceIdentity', 'tags', 'transitiveTagKeys'],
  };

  test.each(Object.entries(refused))('%s refuses what its call has no parameter for', (webIdentity, fields) => {
    expect(codesOf(document({ ...target, webIdentity }))).toEqual([]);
    for (const [field, value] of Object.entries(given)) {
      const codes = codesOf(document({ ...target, ...value, webIdentity }));
      expect([field, codes.includes(`FieldConflict ${field}`)]).toEqual([field, fields.includes(field)]);
      expect(codes.every((code) => fields.includes(code.replace('FieldConflict ', '')))).toBe(true);
    }
  });

  test('all at once, each with the mode', () => {
    const all = Object.assign({ webIdentity: 'only' }, ...Object.values(given), {
      externalIDFrom: undefined,
    }) as object;
    const problems = problemsOf(document(all));
    expect(problems.map(({ path }) => path).toSorted()).toEqual(
      refused.only.filter((field) => field !== 'externalIDFrom'),
    );
    for (const { text } of problems) expect(text).toBe("contradicts webIdentity: only, which can't send it");
  });

  test('what is empty is not sent', () => {
    expect(codesOf(document({ webIdentity: 'only', tags: {}, transitiveTagKeys: [], via: [] }))).toEqual([]);
  });

  test('alone it reaches 12 hours, and nothing else does', () => {
    expect(codesOf(document({ webIdentity: 'only', duration: '12h' }))).toEqual([]);
    expect(codesOf(document({ webIdentity: 'only', duration: 43_201 }))).toEqual(['FieldOutOfRange duration']);
    for (const webIdentity of ['never', 'prefer']) {
      expect(codesOf(document({ webIdentity, duration: 3601 }))).toEqual(['FieldOutOfRange duration']);
    }
  });
});

describe('serviceAccount', () => {
  const serviceAccount = { name: 'a' };
  test.each(['auto', 'irsa', undefined])('goes with %s', (credentialSource) => {
    expect(codesOf(document({ serviceAccount, credentialSource }))).toEqual([]);
  });
  test.each(['pod-identity', 'environment'])('not with %s', (credentialSource) => {
    expect(only({ serviceAccount, credentialSource })).toEqual({
      code: 'FieldConflict',
      path: 'serviceAccount',
      text: `contradicts credentialSource: ${credentialSource}`,
      fix: 'it goes with irsa alone: leave one of them out',
    });
  });
});

describe('transitive tags', () => {
  test.each(FOREIGN_TAG_KEYS)("%s is the agent's, unless the base identity is none of its", (key) => {
    const tags = { [key]: 'x' };
    for (const credentialSource of ['auto', 'pod-identity']) {
      expect(codesOf(document({ credentialSource, tags }))).toEqual(['FieldConflict tags']);
    }
    for (const credentialSource of ['irsa', 'environment']) {
      expect(codesOf(document({ credentialSource, tags }))).toEqual([]);
    }
    expect(codesOf(document({ serviceAccount: { name: 'a' }, tags }))).toEqual([]);
  });

  const hop = (tags: object, transitiveTagKeys: string[] = []) => ({ roleARN: role, tags, transitiveTagKeys });

  test('of a hop are inherited by all later ones, in any case', () => {
    const via = [hop({ Team: 'x', free: 'y' }, ['Team']), hop({ free: 'z' }), hop({ TEAM: 'z' })];
    expect(problemsOf(document({ via, tags: { team: 'w', free: 'w' } }))).toMatchObject([
      {
        code: 'FieldConflict',
        path: 'via.2.tags',
        text: expect.stringContaining('sets "TEAM", which via.0 passes on'),
      },
      { code: 'FieldConflict', path: 'tags', text: expect.stringContaining('sets "team", which via.0 passes on') },
    ]);
  });

  test('are not inherited by earlier hops, by the hop itself or by other roles', () => {
    const via = [hop({ team: 'x' }), hop({ team: 'y' }, ['team'])];
    expect(codesOf(document({ via, roles: { a: { roleARN: ARN, tags: { team: 'z' } } } }))).toEqual([]);
  });
});

describe('partitions', () => {
  const of = (partition: string, name = 'x') => `arn:${partition}:iam::222222222222:role/${name}`;
  const pairs = [
    ['aws', 'eu-central-1'],
    ['aws-cn', 'cn-northwest-1'],
    ['aws-us-gov', 'us-gov-east-1'],
    ['aws-iso', 'us-iso-west-1'],
    ['aws-iso-b', 'us-isob-east-1'],
    ['aws-iso-e', 'eu-isoe-west-1'],
    ['aws-iso-f', 'us-isof-south-1'],
    ['aws-eusc', 'eusc-de-east-1'],
  ] as const;

  test.each(pairs)('a role of %s is called in Regions like %s alone', (partition, own) => {
    for (const [, region] of pairs) {
      for (const field of ['region', 'stsRegion']) {
        expect(codesOf(document({ roleARN: of(partition), [field]: region }))).toEqual(
          region === own ? [] : [`FieldConflict ${field}`],
        );
      }
    }
  });

  test('are not crossed by a chain', () => {
    const via = [{ roleARN: of('aws') }, { roleARN: of('aws-cn') }];
    expect(problemsOf(document({ roleARN: of('aws-cn'), via }))).toEqual([
      {
        code: 'FieldConflict',
        path: 'via.0.roleARN',
        text: 'is of the partition aws, but the target is of aws-cn: no chain crosses partitions',
        fix: 'use roles of one partition',
      },
    ]);
    expect(codesOf(document({ roles: { a: { roleARN: of('aws-cn') } } }))).toEqual([]);
  });

  test('newer than this program are not judged by a Region', () => {
    expect(codesOf(document({ roleARN: of('aws-new'), region: 'xx-new-1' }))).toEqual([]);
  });
});

describe('contradictions are told beside mistakes', () => {
  test('all of a document at once, wherever they are', () => {
    const text = JSON.stringify({
      roleARN: 'x',
      region: 5,
      externalID: 'ab',
      externalIDFrom: secret,
      webIdentity: 'only',
      sourceIdentity: 'me',
      via: [5, { roleARN: role, tags: { a: 'x', A: 'y' }, duration: 7200 }],
      roles: { a: { credentialSource: 'pod-identity', serviceAccount: { name: 'b' } }, B: {} },
      colour: 1,
    });
    expect(codesOf(text).toSorted()).toEqual(
      [
        'FieldOutOfRange roleARN',
        'FieldWrongType region',
        'FieldWrongType via.0',
        'FieldMissing roles.a.roleARN',
        'FieldOutOfRange roles.B',
        'FieldUnknown colour',
        'FieldConflict externalIDFrom',
        'FieldConflict externalIDFrom',
        'FieldConflict externalID',
        'FieldConflict sourceIdentity',
        'FieldConflict via',
        'FieldConflict via.1.tags',
        'FieldOutOfRange via.1.duration',
        'FieldConflict roles.a.serviceAccount',
      ].toSorted(),
    );
  });

  test.each([
    ['tags', { tags: 5, transitiveTagKeys: ['a'] }],
    ['webIdentity', { webIdentity: 'Only', duration: '12h' }],
    ['credentialSource', { credentialSource: 'IRSA', tags: { 'eks-cluster-name': 'x' } }],
    ['serviceAccount', { serviceAccount: 5, tags: { 'eks-cluster-name': 'x' } }],
    ['policy', { policy: 'x'.repeat(3000), policyARNs: ['arn:aws:iam::aws:policy/X'] }],
    ['roleARN', { roleARN: 'arn:aws-cn:iam::1:role/x', region: 'cn-north-1', via: [{ roleARN: arn('a') }] }],
  ])('but none that mending %s would undo', (field, fields) => {
    expect(codesOf(document(fields)).map((code) => code.split(' ')[1])).toEqual([field]);
  });
});

describe('warnings', () => {
  const warnings = (fields: object) => {
    const parsed = parseAssumeRole(document(fields));
    return parsed.ok ? parsed.warnings : undefined;
  };
  test('a target under half an hour, in each role; a hop may be short', () => {
    const roles = { a: { roleARN: ARN, duration: 900 }, b: { roleARN: ARN, duration: 1800 } };
    expect(warnings({ duration: 1799, via: [{ roleARN: role, duration: 900 }], roles })).toEqual([
      expect.stringMatching(/^duration: 1799 s is short/),
      expect.stringMatching(/^roles\.a\.duration: 900 s is short/),
    ]);
  });
});
