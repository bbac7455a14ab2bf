import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { LIMITS } from '@rolechain/shared';
import type { EnvVar } from '@rolechain/kit/pod.ts';
import { runs } from '@rolechain/kit/runs.ts';
import { coversLoopback } from './proxy-env.ts';
import { SETTINGS, account, call, plainPod } from '../testing/fixtures.ts';
import { uninject } from '../patch/uninject.ts';

type Env = readonly EnvVar[];

const PROXY = 'http://proxy:3128';
const envFrom = [{ configMapRef: { name: 'c' } }];
const ref = { configMapKeyRef: { name: 'c', key: 'k' } };
const of = (variables: Readonly<Record<string, string>>): Env =>
  Object.entries(variables).map(([name, value]) => ({ name, value }));

function judged(env: Env, fields: object = {}, loopbackNoProxy = false) {
  const pod = plainPod({ containers: [{ name: 'app', image: 'app:1', env, ...fields }] });
  const settings = { ...SETTINGS, loopbackNoProxy };
  const { decision, pod: after } = call(pod, account(), settings);
  expect([decision.outcome, call(after, account(), settings).pod]).toEqual(['injected', after]);
  const container = after.spec.containers[0];
  const values = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
  const back = jsonPatch.applyPatch(structuredClone(after), uninject(after), true).newDocument;
  const warnings = decision.warnings.filter((text) => text.includes('PROXY') || text.includes('proxy'));
  return { pod, values, warnings, back, env: container?.env ?? [] };
}

describe('what covers 127.0.0.1', () => {
  // As curl and reqwest have it: test/sdks/observed.json, by hand.
  test.each([
    '127.0.0.1',
    'localhost,127.0.0.1',
    'localhost ,\t127.0.0.1 ,x',
    ' 127.0.0.1 , x',
    '127.0.0.1/32',
    '127.0.0.0/8',
    '127.0.0.0/31',
  ])('%j', (value) => expect(coversLoopback(value)).toBe(true));
  test.each([
    '',
    'localhost',
    '*',
    '127.*',
    'localhost 127.0.0.1',
    '127.0.0.1 localhost',
    '.0.0.1',
    '127.0.0.1:28173',
    '10.0.0.0/8',
    '127.0.0.0/0',
    '127.0.0.0/33',
    '0.0.0.0/0',
    '128.0.0.0/4',
    '112.0.0.0/4',
    '127.1.0.0/16',
    '127.0.0.256/8',
    '127.0.0.0/7',
    `127.0.0.1${','.repeat(LIMITS.noProxyChars)}`,
    '127.0.0.2,'.repeat(LIMITS.noProxyEntries) + '127.0.0.1',
    '127.0.0.2/32',
    '300.0.0.0/8',
    '127.0.0.1.',
    '1127.0.0.1',
    '169.254.170.23,.svc,.cluster.local',
    '127.0.0/8',
    '::1',
  ])('not %j', (value) => expect(coversLoopback(value)).toBe(false));
});

describe('a warning', () => {
  test.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])('%s alone', (name) => {
    const { warnings, values } = judged(of({ [name]: PROXY }));
    expect(warnings).toEqual([expect.stringContaining(`container app sets ${name}: `)]);
    expect(warnings[0]).toContain('since no NO_PROXY names 127.0.0.1');
    expect(values).not.toHaveProperty('NO_PROXY');
  });

  test.each([
    ["EKS' usual exceptions", { HTTP_PROXY: PROXY, NO_PROXY: '169.254.170.23,169.254.169.254,.svc' }, 1],
    ['one that covers it', { HTTP_PROXY: PROXY, NO_PROXY: 'localhost,127.0.0.1' }, 0],
    ['in small letters', { http_proxy: PROXY, no_proxy: '127.0.0.0/8' }, 0],
    [
      'one of the two does not, and some client reads it',
      { http_proxy: PROXY, no_proxy: 'x', NO_PROXY: '127.0.0.1' },
      1,
    ],
    ["object_store's own, which heeds no NO_PROXY", { AWS_PROXY_URL: PROXY, NO_PROXY: '127.0.0.1' }, 1],
    ["object_store's own, with its own exceptions", { AWS_PROXY_URL: PROXY, AWS_PROXY_EXCLUDES: '127.0.0.1' }, 0],
    ['no proxy', { HTTPS_PROXY: PROXY }, 0],
    ['an empty proxy', { HTTP_PROXY: '' }, 0],
  ])('%s', (_name, variables, count) => expect(judged(of(variables)).warnings).toHaveLength(count));

  test.each([
    ['a reference', [...of({ HTTP_PROXY: PROXY }), { name: 'NO_PROXY', valueFrom: ref }], {}],
    ['envFrom', of({ HTTP_PROXY: PROXY }), { envFrom }],
    ['a long text', of({ HTTP_PROXY: PROXY, NO_PROXY: 'x,'.repeat(LIMITS.noProxyChars) }), {}],
    ['another variable', of({ X: '127.0.0.1', HTTP_PROXY: PROXY, NO_PROXY: '$(X)' }), {}],
  ])('says that NO_PROXY is not seen: %s', (_name, env, fields) => {
    expect(judged(env, fields).warnings).toEqual([
      expect.stringContaining("unless the NO_PROXY that rolechain can't see"),
    ]);
  });
});

describe('loopbackNoProxy', () => {
  const both = { NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };
  test.each([
    ['none there', { HTTP_PROXY: PROXY }, both],
    ['one there', { HTTP_PROXY: PROXY, NO_PROXY: '.svc' }, { NO_PROXY: '.svc,127.0.0.1', no_proxy: undefined }],
    [
      'both there',
      { HTTP_PROXY: PROXY, NO_PROXY: '.svc', no_proxy: '' },
      { NO_PROXY: '.svc,127.0.0.1', no_proxy: '127.0.0.1' },
    ],
    [
      'one that covers it',
      { HTTP_PROXY: PROXY, no_proxy: '127.0.0.1/8' },
      { NO_PROXY: undefined, no_proxy: '127.0.0.1/8' },
    ],
    [
      'one that is too long',
      { HTTP_PROXY: PROXY, NO_PROXY: 'x'.repeat(LIMITS.noProxyChars) },
      { NO_PROXY: 'x'.repeat(LIMITS.noProxyChars), no_proxy: undefined },
    ],
    ['no proxy', { NO_PROXY: '.svc' }, { NO_PROXY: '.svc', no_proxy: undefined }],
    [
      'every host, which curl reads only alone',
      { HTTP_PROXY: PROXY, NO_PROXY: '*' },
      { NO_PROXY: '*', no_proxy: undefined },
    ],
  ])('%s', (_name, variables, expected) => {
    const { values, back, pod } = judged(of(variables), {}, true);
    expect([values.NO_PROXY, values.no_proxy]).toEqual([expected.NO_PROXY, expected.no_proxy]);
    // What was empty stays as we wrote it: it might have stood there so.
    if (!('no_proxy' in variables && variables.no_proxy === '')) expect(back).toEqual(pod);
  });

  test('then there is nothing to warn of', () =>
    expect(judged(of({ HTTP_PROXY: PROXY }), {}, true).warnings).toEqual([]));

  test('one from elsewhere, and one that envFrom may have, stay, with the warning', () => {
    const env = [...of({ HTTP_PROXY: PROXY }), { name: 'NO_PROXY', valueFrom: ref }];
    expect(judged(env, {}, true).env.slice(0, 2)).toEqual(env);
    expect(judged(env, {}, true).warnings).toHaveLength(1);
    const { values, warnings } = judged(of({ HTTP_PROXY: PROXY }), { envFrom }, true);
    expect([values.NO_PROXY, warnings.length]).toEqual([undefined, 1]);
  });
});

test('whatever stands in NO_PROXY: with the setting it is covered or told, and nothing of it is lost', () => {
  const value = fc.oneof(
    fc.constantFrom('', '*', 'localhost', '127.0.0.1', '127.0.0.0/8', '.svc,x', '$(X)'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('HTTP_PROXY', 'NO_PROXY', 'no_proxy'), value), (variables) => {
      const { values, warnings } = judged(of(variables), {}, true);
      const exceptions = [values.NO_PROXY, values.no_proxy].filter((text) => text !== undefined);
      const covered = exceptions.length > 0 && exceptions.every(coversLoopback);
      expect(warnings.length > 0).toBe((variables.HTTP_PROXY ?? '') !== '' && !covered);
      for (const [name, before] of Object.entries(variables)) expect(values[name]?.startsWith(before)).toBe(true);
    }),
    { numRuns: runs(300) },
  );
});
