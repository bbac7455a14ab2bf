import fc from 'fast-check';
import { ENV, SDK_VARIABLES, type ReasonCode } from '@rolechain/shared';
import type { EnvVar } from '@rolechain/kit/pod.ts';
import { runs } from '@rolechain/kit/runs.ts';
import { SETTINGS, account, call, plainPod } from '../testing/fixtures.ts';

const OPTIONAL = { secretKeyRef: { name: 's', key: 'k', optional: true } };
const envFrom = [{ configMapRef: { name: 'c' } }];
const set = (...names: string[]): EnvVar[] => names.map((name) => ({ name, value: 'x' }));
const empty = (...names: string[]): EnvVar[] => names.map((name) => ({ name, value: '' }));
const optional = (...names: string[]): EnvVar[] => names.map((name) => ({ name, valueFrom: OPTIONAL }));

/** What becomes of a container with these variables and fields. */
function judged(env: readonly object[], fields: object = {}, settings = SETTINGS) {
  const pod = plainPod({ containers: [{ name: 'app', image: 'app:1', env, ...fields }] });
  const { decision, pod: after } = call(pod, account(), settings);
  const again = call(after, account(), settings);
  if (decision.outcome === 'injected') expect(again.pod).toEqual(after);
  const container = after.spec.containers[0];
  const values = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
  return {
    outcome: decision.outcome,
    reason: decision.reason,
    warnings: decision.warnings,
    message: decision.outcome === 'refused' ? decision.message : '',
    values,
    env: container?.env ?? [],
  };
}

const rows = Object.entries(SDK_VARIABLES);
const conflicts = rows.flatMap(([name, { set: rule }]): [string, ReasonCode][] =>
  rule === 'warning' ? [] : [[name, rule]],
);
const elsewhere = rows.flatMap(([name, { set: rule }]) => (rule === 'warning' ? name : []));
const keys = rows.flatMap(([name, { set: rule }]) => (rule === 'StaticKeys' ? name : []));
const removed = rows.flatMap(([name, { empty: rule }]) => (rule === 'removed' ? name : []));

describe('set', () => {
  test.each(conflicts)('%s is the conflict %s', (name, reason) => {
    expect(judged(set(name))).toMatchObject({ outcome: 'refused', reason });
    expect(judged(set(name)).message).toContain(`container app: ${name}.`);
  });

  test.each(['AWS_ACCESS_KEY', 'AWS_SECRET_KEY', 'AMAZON_ACCESS_KEY_ID', 'AMAZON_SECRET_ACCESS_KEY'])(
    'keys by any name: %s',
    (name) => expect(judged(set(name)).reason).toBe('StaticKeys'),
  );

  test.each(elsewhere)('%s draws a warning', (name) => {
    const { outcome, warnings, values } = judged(set(name));
    expect([outcome, warnings]).toEqual(['injected', [expect.stringContaining(`container app sets ${name}: an SDK`)]]);
    expect(values[name]).toBe('x');
  });

  test.each(['AWS_DEFAULT_PROFILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'])(
    'files and profiles: %s',
    (name) => expect(judged(set(name)).warnings).toHaveLength(1),
  );
});

describe('from an optional reference', () => {
  test.each(keys)('%s draws a warning, and the pod is injected', (name) => {
    const { outcome, warnings, env } = judged(optional(name));
    expect([outcome, warnings]).toEqual(['injected', [expect.stringContaining(`takes ${name} from an optional ref`)]]);
    expect(env[0]).toEqual({ name, valueFrom: OPTIONAL });
  });

  test('one key of a pair that has to be there is a conflict', () => {
    const pair = [...optional('AWS_ACCESS_KEY_ID'), { name: 'AWS_SECRET_ACCESS_KEY', valueFrom: { secretKeyRef: {} } }];
    expect(judged(pair).reason).toBe('StaticKeys');
  });

  test.each(conflicts.filter(([, reason]) => reason !== 'StaticKeys'))('%s is the conflict %s', (name, reason) =>
    expect(judged(optional(name)).reason).toBe(reason),
  );
});

describe('empty', () => {
  test.each([[['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']], [['AWS_ACCESS_KEY', 'AWS_SECRET_KEY']]])(
    'keys stay, with a warning: %j',
    (pair) => {
      const { outcome, warnings, env } = judged(empty(...pair));
      expect([outcome, warnings]).toEqual(['injected', [expect.stringContaining(`${pair.join(', ')} to nothing`)]]);
      expect(env.slice(0, 2)).toEqual(empty(...pair));
    },
  );

  test('a key without value and valueFrom is empty', () =>
    expect(judged([{ name: 'AWS_ACCESS_KEY_ID' }]).outcome).toBe('injected'));

  test('one empty and one set is a conflict', () =>
    expect(judged([...empty('AWS_ACCESS_KEY_ID'), ...set('AWS_SECRET_ACCESS_KEY')]).reason).toBe('StaticKeys'));

  test('an empty one does not hide one that is set, of the same name', () => {
    for (const env of [
      [...set('AWS_ROLE_ARN'), ...empty('AWS_ROLE_ARN')],
      [...empty('AWS_ROLE_ARN'), ...set('AWS_ROLE_ARN')],
    ]) {
      expect(judged(env).reason).toBe('OwnWebIdentity');
    }
  });

  test.each(removed)('%s is taken out, with a warning', (name) => {
    const { outcome, warnings, env } = judged([...set('A'), ...empty(name), ...set('B')]);
    expect([outcome, warnings]).toEqual([
      'injected',
      [expect.stringMatching(new RegExp(`${name} to nothing.*taken out`))],
    ]);
    expect(env.filter(({ value }) => value === '')).toEqual([]);
    expect(env.slice(0, 2)).toEqual(set('A', 'B'));
  });

  test.each(removed)('%s is a conflict beside envFrom, where it hides what stands there', (name) => {
    const { reason, message } = judged(empty(name), { envFrom });
    expect([reason, message]).toEqual([
      SDK_VARIABLES[name]?.set,
      expect.stringContaining(`${name} (empty, beside envFrom)`),
    ]);
  });

  test.each([
    ['env', { env: [...empty('AWS_ROLE_ARN'), { name: 'X', value: 'a$(AWS_ROLE_ARN)' }] }],
    ['args', { args: ['--role=$(AWS_ROLE_ARN)'] }],
    ['command', { command: ['sh', '-c', 'x $(AWS_ROLE_ARN)'] }],
    ['subPathExpr', { volumeMounts: [{ name: 'v', mountPath: '/v', subPathExpr: '$(AWS_ROLE_ARN)' }] }],
    ['a probe', { livenessProbe: { exec: { command: ['$(AWS_ROLE_ARN)'] } } }],
  ])('is a conflict where %s names it', (_field, fields) => {
    const { reason, message } = judged(empty('AWS_ROLE_ARN'), fields);
    expect([reason, message]).toEqual(['OwnWebIdentity', expect.stringContaining('(empty, named by $(AWS_ROLE_ARN))')]);
  });

  test('and under conflicts: warn stays as it is', () => {
    const { outcome, env } = judged(empty('AWS_ROLE_ARN'), { envFrom }, { ...SETTINGS, conflicts: 'warn' });
    expect([outcome, env]).toEqual(['skipped', empty('AWS_ROLE_ARN')]);
  });

  test.each(['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'])('%s stays, and botocore fails over it: a warning', (name) => {
    expect(judged(empty(name))).toMatchObject({ outcome: 'injected', values: { [name]: '' } });
    expect(judged(empty(name)).warnings).toEqual([expect.stringContaining(`${name} to nothing, over which`)]);
  });
});

describe('the Region', () => {
  const region = 'eu-central-1';
  const ours = { AWS_REGION: region, AWS_DEFAULT_REGION: region };
  test.each([[['AWS_REGION']], [['AWS_DEFAULT_REGION']], [['AWS_REGION', 'AWS_DEFAULT_REGION']]])(
    'an empty one counts as absent: %j',
    (names) => {
      const { values, env, warnings } = judged(empty(...names));
      expect(values).toMatchObject(ours);
      expect(env.filter(({ name }) => name.endsWith('REGION'))).toHaveLength(2);
      expect(warnings).toEqual([]);
    },
  );

  test.each([
    ['the other one is set', [...empty('AWS_REGION'), ...set('AWS_DEFAULT_REGION')], {}],
    ['envFrom may have it', empty('AWS_REGION'), { envFrom }],
    ['a text names it', empty('AWS_REGION'), { args: ['$(AWS_REGION)'] }],
  ])('stays where %s', (_name, env, fields) => {
    const { env: after } = judged(env, fields);
    expect(after.filter(({ name }) => name.endsWith('REGION'))).toEqual(env);
  });
});

describe('envFrom', () => {
  const KEYS_UNSEEN = expect.stringContaining('container app has envFrom: SDKs prefer AWS keys in it');
  test('draws a warning: keys in it are not seen', () =>
    expect(judged([], { envFrom }).warnings).toEqual([KEYS_UNSEEN]));

  test.each([
    ['none in env', [], /hide them\. AWS_REGION is not set beside it: write it into env, unless it has one$/],
    ['one in env', [{ name: 'AWS_REGION', value: 'eu-west-1' }], /hide them$/],
    ['by the other name', [{ name: 'AWS_DEFAULT_REGION', value: 'eu-west-1' }], /hide them$/],
  ])('says that no Region is set: %s', (_name, env, says) =>
    expect(judged(env, { envFrom }).warnings).toEqual([expect.stringMatching(says)]),
  );

  test.each([
    ['a prefix that no key can have', [], [{ prefix: 'DB_', secretRef: { name: 's' } }], 0],
    ['a prefix that a key can have', [], [{ prefix: 'AWS_', secretRef: { name: 's' } }], 1],
    ['an empty prefix', [], [{ prefix: '', secretRef: { name: 's' } }], 1],
    ['none in it', [], [], 0],
  ])('%s', (_name, env, from, count) => expect(judged(env, { envFrom: from }).warnings).toHaveLength(count));

  test('an empty pair in env hides keys in it: one warning, of the pair', () => {
    const { warnings } = judged(empty('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'), { envFrom });
    expect(warnings).toEqual([expect.stringContaining('to nothing')]);
  });

  test('AWS_STS_REGIONAL_ENDPOINTS may stand in it, and is not set; AWS_EC2_METADATA_DISABLED is', () => {
    const { values } = judged([], { envFrom });
    expect([values[ENV.stsRegionalEndpoints], values[ENV.metadataDisabled]]).toEqual([undefined, 'true']);
    expect(judged([], { envFrom: [] }).values[ENV.stsRegionalEndpoints]).toBe('regional');
    expect(judged([{ name: ENV.metadataDisabled, value: 'false' }], { envFrom }).values[ENV.metadataDisabled]).toBe(
      'false',
    );
  });
});

test('whatever a container says with these variables: an injected one leads an SDK nowhere else, and all is told', () => {
  const variable = fc.record({
    name: fc.constantFrom(...Object.keys(SDK_VARIABLES), ENV.region, ENV.defaultRegion, 'X'),
    source: fc.constantFrom(
      { value: '' },
      { value: 'x' },
      {},
      { valueFrom: OPTIONAL },
      { valueFrom: { fieldRef: {} } },
    ),
  });
  const list = fc.array(variable, { maxLength: 5 }).map((all) => all.map(({ name, source }) => ({ name, ...source })));
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(list, fc.boolean(), fc.boolean(), (env, from, named) => {
      const fields = { ...(from ? { envFrom } : {}), ...(named ? { args: ['$(AWS_ROLE_ARN)'] } : {}) };
      const { outcome, env: after, warnings, message, reason } = judged(env, fields);
      outcomes.add(outcome);
      const hard = env.filter(({ name, ...source }) => {
        const rule = SDK_VARIABLES[name]?.set;
        if (rule === undefined || rule === 'warning') return false;
        const isSet = 'valueFrom' in source || ('value' in source && source.value !== '');
        if (!isSet) return rule !== 'StaticKeys' && (from || (named && name === ENV.roleARN));
        return !(rule === 'StaticKeys' && JSON.stringify(source).includes('optional'));
      });
      expect([outcome, reason]).toEqual(
        hard.length === 0 ? ['injected', 'Injected'] : ['refused', expect.stringMatching(/^(StaticKeys|Own.*)$/)],
      );
      if (outcome === 'refused') {
        expect(hard.some(({ name }) => message.includes(name))).toBe(true);
        return;
      }
      // Everything else of the user's stays, in its order.
      const theirs = env.filter(({ name }) => SDK_VARIABLES[name]?.empty !== 'removed' && !name.endsWith('REGION'));
      const own = (all: readonly EnvVar[]): readonly EnvVar[] =>
        all.filter(({ name }) => (name in SDK_VARIABLES || name === 'X') && SDK_VARIABLES[name]?.empty !== 'removed');
      expect(own(after)).toEqual(theirs);
      for (const { name, ...source } of env) {
        const isSet = 'valueFrom' in source || ('value' in source && source.value !== '');
        if (name in SDK_VARIABLES && (isSet || SDK_VARIABLES[name]?.empty !== 'nothing')) {
          expect(warnings.join('\n')).toContain(name);
        }
      }
    }),
    { numRuns: runs(500) },
  );
  expect(outcomes).toEqual(new Set(['injected', 'refused']));
});
