import { ANNOTATIONS, FOREIGN_KEYS, LIMITS, PORTS, RESOURCES, writeSidecarConfig } from '@rolechain/shared';
import type { Decision } from '../policy/decision.ts';
import { sidecarConfig } from '../injection/sidecar-config.ts';
import { decideServiceAccount } from '../policy/decide-service-account.ts';
import { SETTINGS, TARGET, account, call, plainPod } from '../testing/fixtures.ts';

const { skipContainers, containerRoles, sidecarCPURequest, sidecarMemoryLimit, allowedRoles } = ANNOTATIONS;
const messageOf = (decision: Decision): string => (decision.outcome === 'refused' ? decision.message : '');
const decided = (annotations: Record<string, string>, around = {}, who = account()) =>
  call(plainPod({}, annotations), who, SETTINGS, undefined, { others: new Map(), allowedRoles: undefined, ...around })
    .decision;

/** A value of so many bytes that is in order but for its size. */
const list = (bytes: number): string => 'app'.padEnd(bytes, ',');
const quantity = (bytes: number): string => '1'.padStart(bytes, '0');

const OF_POD: readonly (readonly [string, number, (bytes: number) => string])[] = [
  [skipContainers.key, LIMITS.skipContainersBytes, list],
  [containerRoles.key, LIMITS.containerRolesBytes, (bytes) => `app=default${list(bytes).slice(11)}`],
  [FOREIGN_KEYS.eksSkipContainers, LIMITS.eksSkipContainersBytes, list],
  [sidecarCPURequest.key, LIMITS.quantityChars, quantity],
];

describe.each(OF_POD)('%s', (key, max, value) => {
  test('is read up to its limit', () => {
    expect(messageOf(decided({ [key]: value(max) }))).not.toContain('bytes');
  });

  test('over it, the pod is refused with annotation, limit and fix', () => {
    const decision = decided({ [key]: value(max + 1) });
    expect(decision).toMatchObject({ outcome: 'refused', reason: 'PodAnnotationInvalid' });
    expect(messageOf(decision)).toContain(
      `${key} on the Pod has more than ${max} bytes, its limit; shorten it (DocumentTooLarge)`,
    );
  });

  test('over it, a pod that does not ask is left alone', () => {
    expect(decided({ [key]: value(max + 1) }, {}, account(''))).toMatchObject({
      outcome: 'skipped',
      reason: 'NotAnnotated',
    });
  });
});

test('a limit is one of bytes, not of characters', () => {
  const key = skipContainers.key;
  expect(messageOf(decided({ [key]: 'é'.repeat(LIMITS.skipContainersBytes / 2 + 1) }))).toContain('bytes, its limit');
  expect(messageOf(decided({ [key]: 'é'.repeat(LIMITS.skipContainersBytes / 2) }))).toBe('');
});

test('every annotation that users write has a limit', () => {
  for (const entry of Object.values(ANNOTATIONS)) expect('maxBytes' in entry).toBe(entry.writtenBy === 'user');
});

test('a quantity of the Namespace is named as the Namespace’s', () => {
  const namespaceAnnotations = { [sidecarMemoryLimit.key]: `${RESOURCES.memoryLimit}${' '.repeat(80_000)}` };
  const decision = decided({}, { namespaceAnnotations });
  expect(decision).toMatchObject({ outcome: 'refused', reason: 'SidecarResourcesInvalid' });
  expect(messageOf(decision)).toContain(`${sidecarMemoryLimit.key} on the Namespace has more than 64 bytes, its limit`);
});

describe(allowedRoles.key, () => {
  const pattern = 'arn:aws:iam::222222222222:role/*';
  const judged = (patterns: string): Decision => decided({}, { allowedRoles: patterns });

  test.each([
    ['as many bytes as may be', pattern.padEnd(LIMITS.allowedRolesBytes), 'Injected', ''],
    [
      'one byte more',
      pattern.padEnd(LIMITS.allowedRolesBytes + 1),
      'AllowedRolesInvalid',
      /more than 8192 bytes, its limit; shorten/,
    ],
    ['as many patterns as may be', `${'x '.repeat(LIMITS.allowedRolesPatterns - 1)}${pattern}`, 'Injected', ''],
    [
      'one pattern more',
      `${'x '.repeat(LIMITS.allowedRolesPatterns)}${pattern}`,
      'AllowedRolesInvalid',
      /more than 100 patterns/,
    ],
  ])('%s: %s', (_name, patterns, reason, says) => {
    expect(judged(patterns).reason).toBe(reason);
    expect(messageOf(judged(patterns))).toMatch(says);
  });

  test('a refusal names ten of its patterns and ten of the roles', () => {
    const roles = Array.from(
      { length: 32 },
      (_, n) => `r${n}: {roleARN: "arn:aws:iam::333333333333:role/${'x'.repeat(60)}${n}"}`,
    );
    const decision = decided({}, { allowedRoles: `${pattern} `.repeat(100) }, account(`roles: {${roles.join(', ')}}`));
    expect(decision.reason).toBe('RoleNotAllowed');
    expect(messageOf(decision)).toMatch(/x9, and 22 more; Namespace shop allows .* and 90 more\. Ask/);
    expect(messageOf(decision).length).toBeLessThan(LIMITS.messageChars);
  });
});

test('the audience of a token', () => {
  const of = (length: number): Decision =>
    decided(
      {},
      {},
      account(TARGET, {
        [FOREIGN_KEYS.eksRoleARN]: 'arn:aws:iam::1:role/x',
        [FOREIGN_KEYS.eksAudience]: 'a'.repeat(length),
      }),
    );
  expect(messageOf(of(LIMITS.audienceMax))).not.toContain('audience');
  expect(of(LIMITS.audienceMax + 1)).toMatchObject({ outcome: 'refused', reason: 'AnnotationInvalid' });
  expect(messageOf(of(LIMITS.audienceMax + 1))).toContain(
    'eks.amazonaws.com/audience has more than 1024 characters, its limit',
  );
});

test('no message and no warning is longer than its limit, whatever it names', () => {
  const long = 'x'.repeat(LIMITS.containerRolesBytes - 'app=+'.length);
  const undeclared = decided({ [containerRoles.key]: `app=${long}` });
  expect(undeclared.reason).toBe('RoleUndeclared');
  expect(messageOf(undeclared).length).toBeLessThan(LIMITS.messageChars + 50);
  const strangers = decided({ [skipContainers.key]: `${'y'.repeat(4000)},${'z'.repeat(4000)}` });
  expect(strangers.warnings.map(({ length }) => length)).toEqual([LIMITS.warningChars, LIMITS.warningChars]);
});

describe('a sidecar that comes in', () => {
  const accepted = decideServiceAccount(account(), SETTINGS, { others: new Map(), allowedRoles: undefined });
  const roles = accepted?.outcome === 'accepted' ? accepted.roles : [];
  const ports = { credentials: PORTS.credentials, health: PORTS.health };
  const value = writeSidecarConfig(sidecarConfig(roles, account(), SETTINGS, new Map(), ports));
  const sidecar = (...values: string[]) => ({
    name: 'rolechain',
    env: values.map((v) => ({ name: 'ROLECHAIN_CONFIG', value: v })),
  });
  const judged = (...initContainers: unknown[]): Decision => call(plainPod({ initContainers })).decision;

  test('has one configuration', () => {
    expect(judged(sidecar(value))).toMatchObject({ outcome: 'injected' });
    for (const values of [[], [value, value], ['{}', value], [value, '{}']]) {
      expect(judged(sidecar(...values))).toMatchObject({ outcome: 'refused', reason: 'NameTaken' });
    }
  });

  test('is one: of several the first alone is read', () => {
    for (const several of [
      [sidecar(value), sidecar(value)],
      [sidecar('{}'), sidecar(value)],
      [sidecar(value), sidecar('{}')],
    ]) {
      expect(judged(...several)).toMatchObject({ outcome: 'refused', reason: 'NameTaken' });
    }
  });
});

test("what the first call added to EKS' list is no reason for the second one to refuse the pod", () => {
  const key = FOREIGN_KEYS.eksSkipContainers;
  const once = call(plainPod({}, { [key]: list(LIMITS.eksSkipContainersBytes) }));
  expect(once.decision.outcome).toBe('injected');
  const twice = call(once.pod);
  expect(twice.decision.outcome).toBe('injected');
  expect(twice.pod).toEqual(once.pod);
});
