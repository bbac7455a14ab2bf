import fc from 'fast-check';
import { expand } from '../../test/kubelet/expand.ts';
import { LIMITS } from './limits.ts';
import type { Problem } from './problem.ts';
import { parseSidecarConfig, writeSidecarConfig, type SidecarConfig } from './sidecar-config.ts';

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
      source: { type: 'auto', roleARN: 'arn:aws:iam::111111111111:role/base', stsRegion: 'eu-west-1' },
      startup: 'proceed',
      hops: [
        {
          roleARN: 'arn:aws:iam::222222222222:role/orders',
          externalID: 'ab',
          sessionName: '{namespace}.{pod}',
          durationSeconds: 3600,
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

/** Text in which everything that a kubelet, a shell or JSON reads is common. */
const piece = fc.constantFrom(
  '$(HOME)',
  '$$',
  '$',
  '(',
  ')',
  '$(',
  '$(A',
  '${A}',
  String.raw`\u0024`,
  '\\',
  '"',
  '\n',
  '{pod}',
);
const text = fc
  .array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 8 })), { minLength: 1 })
  .map((parts) => parts.join(''))
  .filter((joined) => joined !== '');
const url = text.map((part) => `http://h/?q=${encodeURIComponent(part)}&$(HOME)$$`);
const port = fc.integer({ min: 1, max: 65_535 });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const source = fc.oneof(
  fc.record({ type: fc.constant('auto' as const), roleARN: optional(text), stsRegion: text }),
  fc.record({ type: fc.constant('irsa' as const), roleARN: text, stsRegion: text }),
  fc.constantFrom({ type: 'pod-identity' as const }, { type: 'environment' as const }),
);
const hop = fc.record({
  roleARN: text,
  externalID: optional(text),
  sessionName: text,
  durationSeconds: fc.integer({ min: 1 }),
  stsRegion: text,
});
const roleName = fc.oneof(
  fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
  fc.constantFrom('default', 'constructor', 'prototype', 'valueof', '0'),
);
const role = fc.record({
  source,
  startup: fc.constantFrom('proceed' as const, 'require' as const),
  hops: fc.array(hop, { minLength: 1, maxLength: 3 }),
});
const config: fc.Arbitrary<SidecarConfig> = fc.record({
  version: fc.constant(1 as const),
  namespace: text,
  serviceAccount: text,
  cluster: optional(text),
  ports: fc.record({ credentials: port, health: port }),
  agentEndpoints: fc.array(url, { minLength: 1, maxLength: 3 }),
  stsEndpoint: optional(url),
  roles: fc.dictionary(roleName, role, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
});

describe('what the webhook writes, a kubelet expands and the sidecar reads', () => {
  test('is the same, whatever variables are defined', () => {
    const environment = fc.oneof(
      fc.constant(() => undefined),
      // The worst that can be: every name is defined.
      fc.string().map((value) => () => value),
      fc.dictionary(fc.constantFrom('HOME', 'A', ''), fc.string()).map((all) => (name: string) => all[name]),
    );
    fc.assert(
      fc.property(config, environment, (written, lookup) => {
        const read = parseSidecarConfig(expand(writeSidecarConfig(written), lookup));
        expect(read).toEqual({ ok: true, value: written, warnings: [] });
      }),
      { numRuns: 300 },
    );
  });

  test('has no $ in it', () => {
    fc.assert(fc.property(config, (written) => expect(writeSidecarConfig(written)).not.toContain('$')));
  });
});

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

  const OPTIONAL = ['cluster', 'stsEndpoint', 'roles.default.source.roleARN', 'roles.default.hops.0.externalID'];
  const isItem = (path: readonly string[]) => path.at(-1) === '0';
  const paths = pathsOf(CONFIG).map((path) => [path.join('.'), path] as const);

  test('the sample is in order', () => expect(brief(CONFIG)).toEqual([]));

  test.each(paths)('%s is named when it is wrong', (name, path) => {
    for (const wrong of [null, true, '', -1]) {
      const named = problemsOf(changed(CONFIG, path, wrong)).map((problem) => problem.path);
      expect(named).toEqual([name]);
    }
  });

  test.each(paths.filter(([, path]) => !isItem(path)))(
    '%s is named when it is missing, unless it is optional',
    (name, path) => {
      const found = brief(changed(CONFIG, path, undefined));
      if (OPTIONAL.includes(name)) expect(found).toEqual([]);
      else if (name === 'roles.default') expect(found).toEqual(['FieldOutOfRange roles']);
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
    ]);
    expect(sourceOf({ type: 'environment', roleARN: 'x' })).toEqual(['FieldUnknown roles.default.source.roleARN']);
    expect(sourceOf({ type: 'magic' })).toEqual(['FieldWrongType roles.default.source.type']);
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
