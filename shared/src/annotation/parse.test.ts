import { LIMITS } from '../limits.ts';
import { parseAssumeRole } from './parse.ts';
import { ARN, arn, codesOf, DEFAULTS, document, problemsOf, roleOf, rolesOf } from './testing.ts';

describe('what users write', () => {
  test.each([
    ['a bare ARN', ARN],
    ['with white space around it', `\n  ${ARN}  \n`],
    ['in quotes', `"${ARN}"`],
    ['with a comment', `${ARN} # orders`],
    ['a document of one field', `roleARN: ${ARN}`],
    ['JSON', `{"roleARN":"${ARN}"}`],
    ['with the ends of a YAML document', `---\nroleARN: ${ARN}\n...\n`],
    ['with Windows line ends', `roleARN: ${ARN}\r\nwebIdentity: never\r\n`],
  ])('%s', (_name, text) => expect(roleOf(text)).toEqual(DEFAULTS));

  test('every field', () => {
    const text = `
      roleARN: ${ARN}        # the target
      externalID: "0123"
      sessionName: "{cluster}-{pod}"
      duration: 45m
      region: eu-central-1
      stsRegion: eu-west-1
      tags: {team: shop, "cost center": "17"}
      transitiveTagKeys: [team]
      policy: {Version: "2012-10-17", Statement: []}
      policyARNs: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
      sourceIdentity: alice@example.org
      credentialSource: irsa
      serviceAccount: {name: deployer, namespace: ci}
      webIdentity: never
      startup: require
      via:
      - roleARN: ${arn('hub')}
        externalIDFrom: {secretKeyRef: {name: orders-aws, key: external-id}}
        sessionName: hub-{namespace}
        duration: 15m
        stsRegion: us-east-1
        tags: {stage: prod}
        transitiveTagKeys: [stage]
        policy: '{"Version": "2012-10-17"}'
        policyARNs: ["arn:aws:iam::333333333333:policy/x"]
      - roleARN: ${arn('spoke')}
        externalID: ab
      roles:
        audit: {roleARN: "${arn('audit')}", duration: 30m}`;
    const { name: _name, credentialSource: _source, webIdentity: _web, via: _via, ...hop } = DEFAULTS;
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
          stsRegion: 'eu-west-1',
          tags: { team: 'shop', 'cost center': '17' },
          transitiveTagKeys: ['team'],
          policy: '{"Version":"2012-10-17","Statement":[]}',
          policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
          sourceIdentity: 'alice@example.org',
          credentialSource: 'irsa',
          serviceAccount: { name: 'deployer', namespace: 'ci' },
          webIdentity: 'never',
          startup: 'require',
          via: [
            {
              roleARN: arn('hub'),
              externalIDFrom: { secretKeyRef: { name: 'orders-aws', key: 'external-id' } },
              sessionName: 'hub-{namespace}',
              durationSeconds: 900,
              stsRegion: 'us-east-1',
              tags: { stage: 'prod' },
              transitiveTagKeys: ['stage'],
              policy: '{"Version": "2012-10-17"}',
              policyARNs: ['arn:aws:iam::333333333333:policy/x'],
            },
            { ...hop, roleARN: arn('spoke'), externalID: 'ab' },
          ],
        },
        { ...DEFAULTS, name: 'audit', roleARN: arn('audit'), durationSeconds: 1800 },
      ],
      warnings: [],
    });
  });

  test('an anchor may be used a few times', () => {
    expect(roleOf(`roleARN: ${ARN}\nregion: &r eu-west-1\nstsRegion: *r`)).toMatchObject({ stsRegion: 'eu-west-1' });
  });
});

describe('further roles', () => {
  test('inherit nothing from the top level', () => {
    const top = {
      externalID: 'ab',
      sessionName: 'x',
      duration: 900,
      region: 'eu-west-1',
      stsRegion: 'eu-west-1',
      tags: { a: 'b' },
      policy: {},
      policyARNs: ['arn:aws:iam::aws:policy/X'],
      sourceIdentity: 'me',
      credentialSource: 'irsa',
      serviceAccount: { name: 'a' },
      startup: 'require',
      via: [{ roleARN: arn('hub') }],
      roles: { audit: { roleARN: arn('audit') } },
    };
    expect(rolesOf(document(top))[1]).toEqual({ ...DEFAULTS, name: 'audit', roleARN: arn('audit') });
  });

  test('may stand without one at the top level, in their order', () => {
    const text = `roles: {b: {roleARN: "${arn('b')}"}, a: {roleARN: "${arn('a')}"}}`;
    expect(rolesOf(text).map(({ name }) => name)).toEqual(['b', 'a']);
  });

  test.each(['constructor', 'prototype', 'valueof', '0', 'x'.repeat(63)])('may be called %s', (name) => {
    expect(rolesOf(JSON.stringify({ roles: { [name]: { roleARN: ARN } } }))).toEqual([{ ...DEFAULTS, name }]);
  });

  test.each(['default', 'none', 'Audit', 'a.b', '-a', 'a-', 'a_b', '__proto__', 'toString', 'x'.repeat(64)])(
    'may not be called %s',
    (name) => {
      const text = `{"roles": {"${name}": {"roleARN": "${ARN}"}}}`;
      expect(codesOf(text)).toEqual([`FieldOutOfRange roles.${name}`]);
      expect(problemsOf(text)[0]?.text).toContain('a role under a DNS label other than default and none');
    },
  );

  test('may not be called by no name at all', () => {
    expect(codesOf(`{"roles": {"": {"roleARN": "${ARN}"}}}`)).toEqual(['FieldOutOfRange roles.""']);
  });

  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`r${i}`, { roleARN: arn(`r${i}`) }]));

  test('are 32 with the one at the top level', () => {
    expect(rolesOf(document({ roles: many(31) }))).toHaveLength(LIMITS.roles);
    expect(rolesOf(JSON.stringify({ roles: many(32) }))).toHaveLength(LIMITS.roles);
    for (const text of [document({ roles: many(32) }), JSON.stringify({ roles: many(33) })]) {
      expect(codesOf(text)).toEqual(['FieldOutOfRange roles']);
      expect(problemsOf(text)[0]?.text).toMatch(/ takes a map of at most 32 roles in all/);
    }
  });

  test('are told with the path of what is wrong in them', () => {
    const roles = {
      a: { roleARN: 'x', duration: 1, via: [{ roleARN: ARN, startup: 'require' }, 5, {}], colour: 1 },
      b: 5,
      c: { tags: { k: 1 } },
    };
    expect(codesOf(JSON.stringify({ roles })).toSorted()).toEqual(
      [
        'FieldOutOfRange roles.a.roleARN',
        'FieldOutOfRange roles.a.duration',
        'FieldUnknown roles.a.via.0.startup',
        'FieldWrongType roles.a.via.1',
        'FieldMissing roles.a.via.2.roleARN',
        'FieldUnknown roles.a.colour',
        'FieldWrongType roles.b',
        'FieldMissing roles.c.roleARN',
        'FieldWrongType roles.c.tags.k',
      ].toSorted(),
    );
  });

  test.each([[5], [[]], ['x'], [null]])('are no %j', (roles) => {
    expect(codesOf(JSON.stringify({ roles }))).toEqual(['FieldWrongType roles']);
  });
});

describe('hops', () => {
  const hops = (count: number) => Array.from({ length: count }, (_, i) => ({ roleARN: arn(`h${i}`) }));

  test('are at most five', () => {
    expect(roleOf(document({ via: hops(5) })).via.map(({ roleARN }) => roleARN)).toEqual(
      hops(5).map(({ roleARN }) => roleARN),
    );
    expect(codesOf(document({ via: hops(6) }))).toEqual(['FieldOutOfRange via']);
    expect(codesOf(document({ roles: { a: { roleARN: ARN, via: hops(6) } } }))).toEqual([
      'FieldOutOfRange roles.a.via',
    ]);
  });

  test.each([
    'region',
    'sourceIdentity',
    'credentialSource',
    'serviceAccount',
    'webIdentity',
    'startup',
    'via',
    'roles',
  ])('take no %s', (field) =>
    expect(codesOf(document({ via: [{ roleARN: ARN, [field]: 1 }] }))).toEqual([`FieldUnknown via.0.${field}`]),
  );
});

describe('without roleARN there is no role', () => {
  test.each(['{}', 'startup: require', '{roles: {}}', 'via: []'])('%s', (text) => {
    expect(codesOf(text)).toEqual(['FieldMissing roleARN']);
  });

  test('and a field beside `roles` belongs to none', () => {
    expect(codesOf(`{startup: require, roles: {a: {roleARN: "${ARN}"}}}`)).toEqual(['FieldMissing roleARN']);
    expect(codesOf(`{colour: 1, roles: {a: {}}}`).toSorted()).toEqual([
      'FieldMissing roleARN',
      'FieldMissing roles.a.roleARN',
      'FieldUnknown colour',
    ]);
  });
});
