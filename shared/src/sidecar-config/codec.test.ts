import fc from 'fast-check';
import { LIMITS } from '../limits.ts';
import type { Problem } from '../problem.ts';
import { parseSidecarConfig, writeSidecarConfig } from './codec.ts';
import type { SidecarConfig } from './types.ts';

const CONFIG: SidecarConfig = {
  version: 1,
  namespace: 'shop',
  serviceAccount: 'orders',
  cluster: 'prod',
  ports: { credentials: 28173, health: 28174 },
  agentEndpoints: ['http://169.254.170.23/v1/credentials'],
  stsEndpoint: 'https://sts.example.org/',
  roles: {
    default: {
      source: {
        type: 'irsa',
        roleARN: 'arn:aws:iam::111111111111:role/base',
        stsRegion: 'eu-west-1',
        token: { type: 'token-request', namespace: 'ci', name: 'deployer', audience: 'sts.amazonaws.com' },
      },
      startup: 'proceed',
      token: 'A'.repeat(43),
      hops: [
        {
          roleARN: 'arn:aws:iam::333333333333:role/hub',
          externalID: 'ab',
          sessionName: '{namespace}.{pod}',
          durationSeconds: 3600,
          stsRegion: 'eu-central-1',
          tags: { team: 'shop' },
          transitiveTagKeys: ['team'],
          policy: '{}',
          policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
          sourceIdentity: 'me',
        },
        {
          roleARN: 'arn:aws:iam::222222222222:role/orders',
          externalIDFrom: { name: 'orders-aws', key: 'external-id' },
          sessionName: '{namespace}.{pod}',
          durationSeconds: 3600,
          stsRegion: 'eu-central-1',
        },
      ],
    },
    audit: {
      source: { type: 'pod-identity' },
      webIdentity: { mode: 'prefer', token: { type: 'projected' } },
      startup: 'require',
      hops: [
        {
          roleARN: 'arn:aws:iam::222222222222:role/audit',
          sessionName: 'audit',
          durationSeconds: 900,
          stsRegion: 'eu-central-1',
        },
      ],
    },
  },
};

const problemsOf = (value: unknown): readonly Problem[] => {
  const parsed = parseSidecarConfig(JSON.stringify(value));
  return parsed.ok ? [] : parsed.problems;
};
const brief = (value: unknown) => problemsOf(value).map(({ code, path }) => `${code} ${path}`);

describe('each field', () => {
  /** Every path of the value, its own left out. */
  function pathsOf(value: unknown, at: readonly string[] = []): (readonly string[])[] {
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...pathsOf(inner, [...at, key])]);
  }

  /** A copy in which the value at the path is another one; `undefined` takes it away. */
  function changed(value: unknown, [key = '', ...rest]: readonly string[], to: unknown): unknown {
    const copy = structuredClone(value) as Record<string, unknown>;
    copy[key] = rest.length === 0 ? to : changed(copy[key], rest, to);
    return copy;
  }

  const hopOptional = [
    'externalID',
    'externalIDFrom',
    'tags',
    'transitiveTagKeys',
    'policy',
    'policyARNs',
    'sourceIdentity',
  ];
  const OPTIONAL = [
    'cluster',
    'stsEndpoint',
    'roles.default',
    'roles.audit',
    'roles.audit.webIdentity',
    'roles.default.token',
    ...[0, 1].flatMap((hop) => hopOptional.map((name) => `roles.default.hops.${hop}.${name}`)),
  ];
  const isItem = (path: readonly string[]) => /^\d$/.test(path.at(-1) ?? '');
  const paths = pathsOf(CONFIG).map((path) => [path.join('.'), path] as const);

  test('the sample is in order', () => expect(brief(CONFIG)).toEqual([]));

  test('a policy that is a number gets the fix that it gets in the annotation', () => {
    const wrong = changed(CONFIG, ['roles', 'default', 'hops', '0', 'policy'], 5);
    expect(problemsOf(wrong).map(({ fix }) => fix)).toEqual(['Write what it takes.']);
  });

  test.each(paths)('%s is named when it is wrong', (name, path) => {
    for (const wrong of name.includes('.tags.') ? [null, true, -1] : [null, true, '', -1]) {
      const named = problemsOf(changed(CONFIG, path, wrong)).map((problem) => problem.path);
      expect(named).toEqual([name]);
    }
  });

  test.each(paths.filter(([, path]) => !isItem(path)))(
    '%s is named when it is missing, unless it is optional',
    (name, path) => {
      const found = brief(changed(CONFIG, path, undefined));
      const keys = 'roles.default.hops.0.transitiveTagKeys';
      if (/\.tags(\.team)?$/.test(name)) expect(found).toEqual([`FieldConflict ${keys}`]);
      else if (OPTIONAL.includes(name)) expect(found).toEqual([]);
      else if (/^roles\.\w+\.source$/.test(name)) expect(found).toEqual([`FieldOutOfRange ${name.slice(0, -7)}`]);
      else expect(found).toEqual([`FieldMissing ${name}`]);
    },
  );

  test.each([[], ['ports'], ['roles', 'default'], ['roles', 'default', 'source'], ['roles', 'default', 'hops', '0']])(
    'a field that is not known is named (%s.%s)',
    (...path: string[]) => {
      const added = changed(CONFIG, [...path, 'extra'], 1);
      expect(brief(added)).toEqual([`FieldUnknown ${[...path, 'extra'].join('.')}`]);
    },
  );

  test.each([
    ['ports', { credentials: 0, health: 65_536 }, ['ports.credentials', 'ports.health']],
    ['version', 2, ['version']],
    ['agentEndpoints', [], ['agentEndpoints']],
    ['agentEndpoints', ['http://a', 'no url'], ['agentEndpoints.1']],
    ['stsEndpoint', 'no url', ['stsEndpoint']],
    ['stsEndpoint', 'https://sts.{zone}.example', ['stsEndpoint']],
    ['useDualstackEndpoint', 'yes', ['useDualstackEndpoint']],
    ['roles', {}, ['roles']],
    ['roles', { default: { ...CONFIG.roles.default, hops: [] } }, ['roles.default.hops']],
    ['roles', [CONFIG.roles.default], ['roles']],
    [
      'roles',
      { Bad: CONFIG.roles.default, '-a': CONFIG.roles.default, 'a.b': 1 },
      ['roles.Bad', 'roles.-a', 'roles.a.b'],
    ],
    ['roles', { ['x'.repeat(64)]: CONFIG.roles.default }, [`roles.${'x'.repeat(64)}`]],
  ])('%s: %j', (name, value, expected) => {
    expect(problemsOf({ ...CONFIG, [name]: value }).map(({ path }) => path)).toEqual(expected);
  });

  test('a source has the fields of its type and no others', () => {
    const sourceOf = (given: object) => brief(changed(CONFIG, ['roles', 'default', 'source'], given));
    expect(sourceOf({ type: 'irsa' })).toEqual([
      'FieldMissing roles.default.source.roleARN',
      'FieldMissing roles.default.source.stsRegion',
      'FieldMissing roles.default.source.token',
    ]);
    expect(sourceOf({ type: 'environment', roleARN: 'x' })).toEqual(['FieldUnknown roles.default.source.roleARN']);
    expect(sourceOf({ type: 'magic' })).toEqual(['FieldWrongType roles.default.source.type']);
  });

  test('a token has the fields of its type and no others', () => {
    const tokenOf = (given: object) => brief(changed(CONFIG, ['roles', 'audit', 'webIdentity', 'token'], given));
    const path = 'roles.audit.webIdentity.token';
    expect(tokenOf({ type: 'projected', audience: 'x' })).toEqual([`FieldUnknown ${path}.audience`]);
    expect(tokenOf({ type: 'token-request', namespace: 'x' })).toEqual([
      `FieldMissing ${path}.name`,
      `FieldMissing ${path}.audience`,
    ]);
    expect(tokenOf({ type: 'magic' })).toEqual([`FieldWrongType ${path}.type`]);
  });

  test('there is a source, unless the target is reached by web identity alone', () => {
    const without = changed(CONFIG, ['roles', 'audit', 'source'], undefined);
    expect(brief(without)).toEqual(['FieldOutOfRange roles.audit']);
    expect(brief(changed(without, ['roles', 'audit', 'webIdentity', 'mode'], 'only'))).toEqual([]);
    expect(brief(changed(without, ['roles', 'audit', 'webIdentity'], undefined))).toHaveLength(1);
  });

  test.each(['s3cret', 's3cret'.repeat(8).slice(0, 42) + '$', ['s3cret'], 's3cret'.repeat(8).slice(0, 44)])(
    'the token of the endpoint %j is refused and not shown',
    (token) => {
      const problems = problemsOf(changed(CONFIG, ['roles', 'default', 'token'], token));
      expect(problems.map(({ path }) => path)).toEqual(['roles.default.token']);
      expect(JSON.stringify(problems)).not.toContain('s3cret');
    },
  );

  test('a source identity stands on the first hop alone', () => {
    const path = ['roles', 'default', 'hops', '1', 'sourceIdentity'];
    expect(brief(changed(CONFIG, path, 'me'))).toEqual([`FieldConflict ${path.join('.')}`]);
  });

  test('the Region of the source is of the partition of the target', () => {
    const path = ['roles', 'default', 'source', 'stsRegion'];
    expect(brief(changed(CONFIG, path, 'cn-north-1'))).toEqual([`FieldConflict ${path.join('.')}`]);
  });

  test('there are no more hops and roles than in the annotation', () => {
    const { default: role, audit } = CONFIG.roles;
    const target = role?.hops.at(-1);
    const hops = (length: number) => ({ default: { ...role, hops: Array.from({ length }, () => target) } });
    expect(brief({ ...CONFIG, roles: hops(LIMITS.via + 1) })).toEqual([]);
    expect(brief({ ...CONFIG, roles: hops(LIMITS.via + 2) })).toEqual(['FieldOutOfRange roles.default.hops']);
    const roles = (length: number) => Object.fromEntries(Array.from({ length }, (_, index) => [`r${index}`, audit]));
    expect(brief({ ...CONFIG, roles: roles(LIMITS.roles) })).toEqual([]);
    expect(brief({ ...CONFIG, roles: roles(LIMITS.roles + 1) })).toEqual(['FieldOutOfRange roles']);
  });

  test('a tag that valibot would lose is refused', () => {
    const json = writeSidecarConfig(CONFIG).replace('"team":"shop"', '"__proto__":"shop"');
    expect(parseSidecarConfig(json)).toMatchObject({ problems: [{ path: 'roles.default.hops.0.tags.__proto__' }] });
  });
});

describe('the document', () => {
  test('at its limit, to the byte', () => {
    const json = writeSidecarConfig(CONFIG);
    const room = LIMITS.configBytes - json.length;
    expect(parseSidecarConfig(json + ' '.repeat(room)).ok).toBe(true);
    const over = parseSidecarConfig(json + ' '.repeat(room + 1));
    expect(over).toMatchObject({ ok: false, problems: [{ code: 'DocumentTooLarge', path: '' }] });
    expect(parseSidecarConfig(`"${'é'.repeat(LIMITS.configBytes / 2)}"`)).toMatchObject({
      problems: [{ code: 'DocumentTooLarge' }],
    });
  });

  test('that is no JSON is told without a piece of it', () => {
    for (const bad of ['', '{', '{"externalID": s3cret}', '['.repeat(90_000)]) {
      const parsed = parseSidecarConfig(bad);
      expect(parsed).toMatchObject({ ok: false, problems: [{ code: 'DocumentUnreadable', path: '' }] });
      expect(JSON.stringify(parsed)).not.toContain('s3cret');
    }
  });

  test('of any JSON throws nothing', () => {
    const somewhere = fc.record({ at: fc.constantFrom(...Object.keys(CONFIG)), value: fc.jsonValue() });
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), somewhere), (given) => {
        const json = typeof given === 'string' ? given : JSON.stringify({ ...CONFIG, [given.at]: given.value });
        const parsed = parseSidecarConfig(json);
        if (!parsed.ok) expect(parsed.problems.length).toBeGreaterThan(0);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const roles = { default: { ...CONFIG.roles.default, source: a, hops: [b] } };
        expect(parseSidecarConfig(JSON.stringify({ ...CONFIG, roles })).ok).toBe(false);
      }),
    );
  });

  test('with a field twice, or named like an object member, has no role that nobody wrote', () => {
    const json = JSON.stringify(CONFIG);
    for (const name of ['__proto__', 'constructor']) {
      expect(parseSidecarConfig(json.replace('{', `{"${name}":{},`))).toMatchObject({
        problems: [{ code: 'FieldUnknown', path: name }],
      });
    }
    expect(parseSidecarConfig(json.replace('"default"', '"__proto__"'))).toMatchObject({
      problems: [{ path: 'roles.__proto__' }],
    });
  });
});
