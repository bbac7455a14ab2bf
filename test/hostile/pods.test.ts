/** What a pod's author, or a Namespace's, writes to cost the webhook its time: each against the same pod without it. */
import {
  ANNOTATIONS,
  FOREIGN_KEYS,
  LIMITS,
  checkSidecarConfig,
  parseAssumeRole,
  parseSidecarConfig,
  writeSidecarConfig,
} from '@rolechain/shared';
import { allowedRoles, decide, decideServiceAccount, sidecarConfig } from '@rolechain/webhook';
import { SETTINGS, TARGET, account, plainPod } from '@rolechain/webhook/testing';
import { timesAsMuch } from '@rolechain/kit/cost.ts';

/** What grows by the square costs 20 to 2000 times as much; an honest configuration is read in a millisecond. */
const ENOUGH = 12;
const many = <T>(count: number, of: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => of(n));

const { skipContainers, containerRoles, sidecarCPURequest, sidecarMemoryLimit } = ANNOTATIONS;
const config = (() => {
  const text = JSON.stringify({
    roles: Object.fromEntries(
      many(32, (n) => [`r${n}`, { roleARN: TARGET, tags: Object.fromEntries(many(30, (k) => [`k${k}`, 'v'])) }]),
    ),
  });
  const who = account(text);
  const judged = decideServiceAccount(who, SETTINGS, { others: new Map(), allowedRoles: undefined });
  if (judged?.outcome !== 'accepted') throw new Error('the largest configuration is none');
  return writeSidecarConfig(
    sidecarConfig(judged.roles, who, SETTINGS, new Map(), { credentials: 28_173, health: 28_174 }),
  );
})();

test.each([
  ['unknown fields', `{${many(7000, (n) => `"role${n}":1`).join()}}`],
  ['unknown fields near known ones', `{"version":1,${many(7000, (n) => `"roles${n.toString(36)}":1`).join()}}`],
  ['roles of nothing', `{"version":1,"roles":{${many(8000, (n) => `"a${n}":{}`).join()}}}`],
  [
    'roles with an unknown field',
    `{"version":1,"roles":{${many(32, (n) => `"a${n}":{${many(250, (k) => `"y${k}":1`).join()}}`).join()}}}`,
  ],
  ['hops of nothing', `{"roles":{"a":{"hops":[${many(40_000, () => '1').join()}]}}}`],
  ['addresses that are none', `{"agentEndpoints":[${many(20_000, () => '"a"').join()}]}`],
  ['tags', `{"roles":{"a":{"hops":[{"tags":{${many(10_000, (n) => `"${n}":1`).join()}}}]}}}`],
  ['a policy of brackets', `{"roles":{"a":{"hops":[{"policy":"${'['.repeat(90_000)}"}]}}}`],
  ['brackets', '['.repeat(90_000)],
])('a configuration of %s', (_name, json) => {
  expect(json.length).toBeLessThan(LIMITS.configBytes);
  const parsed = parseSidecarConfig(json);
  expect(parsed.ok ? 0 : parsed.problems.length).toBeGreaterThan(0);
  expect(parsed.ok ? 0 : parsed.problems.length).toBeLessThanOrEqual(LIMITS.problemsKept);
  expect(
    timesAsMuch(
      () => parseSidecarConfig(config),
      () => parseSidecarConfig(json),
      ENOUGH,
    ),
  ).toBeLessThan(ENOUGH);
});

test('many sidecars that come in cost what one does', () => {
  const sidecar = { name: 'rolechain', env: [{ name: 'ROLECHAIN_CONFIG', value: `${config.slice(0, -1)},"x":1}` }] };
  const pod = (count: number) => plainPod({ initContainers: many(count, () => sidecar) });
  const [one, seventy] = [pod(1), pod(70)];
  expect(checkSidecarConfig(JSON.parse(config)).ok).toBe(true);
  const decided = (what: unknown) => () => decide(what, account(), SETTINGS);
  expect(timesAsMuch(decided(one), decided(seventy), ENOUGH)).toBeLessThan(ENOUGH);
});

describe('an annotation of the pod', () => {
  const honest = plainPod({}, { [sidecarCPURequest.key]: '20m', [containerRoles.key]: 'app=default' });
  /** A hundred pods: one alone costs less than the clock tells. */
  const hundred = (pod: unknown) => () => many(100, () => decide(pod, account(), SETTINGS));
  test.each([
    ['digits without an end', { [sidecarCPURequest.key]: `${'1'.repeat(80_000)}!` }],
    ['digits and a dot', { [sidecarMemoryLimit.key]: `${'1'.repeat(80_000)}.!` }],
    ['digits at the limit', { [sidecarMemoryLimit.key]: '1'.repeat(LIMITS.quantityChars) }],
    ['names to skip', { [skipContainers.key]: 'a,'.repeat(100_000) }],
    ['roles of containers', { [containerRoles.key]: 'a=b,'.repeat(60_000) }],
    ['roles of one', { [containerRoles.key]: `a=${'b+'.repeat(100_000)}` }],
    ["names in EKS's list", { [FOREIGN_KEYS.eksSkipContainers]: 'a,'.repeat(100_000) }],
  ])('of %s', (_name, annotations) => {
    // To find that a text of 256 KiB is too long costs nothing; to hold it against the limit little.
    expect(timesAsMuch(hundred(honest), hundred(plainPod({}, annotations)), ENOUGH)).toBeLessThan(ENOUGH);
  });
});

test.each([
  ['parts', '/a'],
  ['parts that lead to the tokens', '/rolechain.io'],
])('a path of many %s costs what a short one does', (_name, part) => {
  const SIZE = 2_000_000;
  const mounted = (mountPath: string) => {
    const pod = plainPod({ containers: [{ name: 'app', image: 'a', volumeMounts: [{ name: 'v', mountPath }] }] });
    return () => many(10, () => decide(pod, account(), SETTINGS));
  };
  const honest = mounted(part);
  const hostile = mounted(part.repeat(SIZE / part.length));
  // 2 MB a call are collected, perhaps within each: what grows with the parts would be a million times as much.
  const enough = 10 * ENOUGH;
  expect(timesAsMuch(honest, hostile, enough)).toBeLessThan(enough);
});

test.each([
  ['stars', `${'*a'.repeat(20)}b`],
  ['stars at the limit', `${'*a'.repeat(2040)}b`],
  ['question marks', `${'*?a'.repeat(1300)}b`],
  ['a long end', `*${'a'.repeat(4000)}b`],
  ['an end half as long as the ARN', `*${'a'.repeat(270)}b`],
])('patterns of %s against the longest ARNs', (_name, glob) => {
  const arn = (n: number): string => `arn:aws:iam::222222222222:role/${'a'.repeat(500)}/${'a'.repeat(60)}${n}`;
  const text = JSON.stringify({ roles: Object.fromEntries(many(32, (n) => [`r${n}`, { roleARN: arn(n) }])) });
  const read = parseAssumeRole(text);
  const roles = read.ok ? read.value : [];
  const judged = (patterns: string) => () => allowedRoles(roles, 'shop', patterns, 'optional');
  // A hundred honest ones with a star at their beginning.
  const honest = many(100, (n) => `arn:aws:iam::222222222222:*/team-${n}/*`).join(' ');
  const pattern = `arn:aws:iam::222222222222:${glob}`;
  const count = Math.min(Math.floor(LIMITS.allowedRolesBytes / (pattern.length + 1)), LIMITS.allowedRolesPatterns);
  const hostile = `${pattern} `.repeat(count);
  expect(judged(hostile)()).toMatchObject({ ok: false, reason: 'RoleNotAllowed' });
  expect(timesAsMuch(judged(honest), judged(hostile), ENOUGH)).toBeLessThan(ENOUGH);
});
