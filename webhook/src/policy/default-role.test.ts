/** Whom a Namespace's default role is for. test/guard/default-role-globs holds the guard's reading against this one. */
import fc from 'fast-check';
import { LIMITS } from '@rolechain/shared';
import { SETTINGS, TARGET, account, call, plainPod } from '../testing/fixtures.ts';
import { STRAYS } from '../objects/annotation-keys.ts';
import type { Decision } from './decision.ts';
import { withDefaultRole } from './default-role.ts';

const ROLE = 'rolechain.io/assume-role';
const ACCOUNTS = 'rolechain.io/assume-role-accounts';
const MOST = LIMITS.assumeRoleAccountsBytes;
const FLUX = 'aws.auth.fluxcd.io/assume-role';
const OTHER = 'arn:aws:iam::333333333333:role/other';
const BASE = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::999999999999:role/base' };
const on = { ...SETTINGS, namespaceDefaultRole: true };
const plain = account('');

const decide = (
  namespaceAnnotations: Record<string, string>,
  who = plain,
  settings = on,
  pod = plainPod(),
): { readonly decision: Decision; readonly pod: ReturnType<typeof plainPod> } =>
  call(pod, who, settings, undefined, { others: new Map(), allowedRoles: undefined, namespaceAnnotations });
const rolesOf = (decision: Decision): string[] =>
  decision.outcome === 'injected' ? decision.roles.map(({ roleARN }) => roleARN) : [];

test.each([
  ['all accounts', {}, plain, true],
  ['one by name', { [ACCOUNTS]: 'orders' }, plain, true],
  ['by a glob among others', { [ACCOUNTS]: 'a\n\tord*  b' }, plain, true],
  ['after a line end', { [ACCOUNTS]: 'x\norders' }, plain, true],
  ['after a tab', { [ACCOUNTS]: 'x\torders' }, plain, true],
  ['after a carriage return', { [ACCOUNTS]: 'x\rorders' }, plain, true],
  ['after white space that is no separator', { [ACCOUNTS]: 'x\forders x\u00a0orders' }, plain, false],
  ['beside what is not a glob', { [ACCOUNTS]: 'orders[ (( orders' }, plain, true],
  ['another one', { [ACCOUNTS]: 'order' }, plain, false],
  ['nobody', { [ACCOUNTS]: '' }, plain, false],
  ['only what is not a glob', { [ACCOUNTS]: 'orders[ Orders ORDERS orders,' }, plain, false],
  ['a list at its limit', { [ACCOUNTS]: `${'x'.repeat(MOST - 2)} *` }, plain, true],
  ['a list over its limit', { [ACCOUNTS]: `${'x'.repeat(MOST - 1)} *` }, plain, false],
  ['a list over its limit in bytes alone', { [ACCOUNTS]: `${'é'.repeat(MOST / 2)} *` }, plain, false],
  ['one with a base role by a star', { [ACCOUNTS]: 'orders*' }, account('', BASE), false],
  ['one with a base role by default', {}, account('', BASE), false],
  ['one with a base role by name', { [ACCOUNTS]: '* orders' }, account('', BASE), true],
  ['one that says none', {}, account('none'), false],
  ["one with Flux's annotation, which is not read", {}, account('', { [FLUX]: 'x' }), true],
])('%s', (_name, list, who, selected) => {
  const { decision, pod } = decide({ [ROLE]: TARGET, ...list }, who);
  expect([decision.reason, rolesOf(decision)]).toEqual(selected ? ['Injected', [TARGET]] : ['NotAnnotated', []]);
  if (!selected) expect(pod).toEqual(plainPod());
  expect(decide({ [ROLE]: TARGET, ...list }, who, SETTINGS).decision.reason).toBe('NotAnnotated');
});

test("an account's own annotation wins whole", () => {
  expect(rolesOf(decide({ [ROLE]: OTHER }, account()).decision)).toEqual([TARGET]);
  const alias = { ...on, fluxAlias: true };
  const flux = account('', { [FLUX]: JSON.stringify({ roleARN: TARGET }) });
  expect(rolesOf(decide({ [ROLE]: OTHER }, flux, alias).decision)).toEqual([TARGET]);
  expect(decide({ [ROLE]: OTHER }, account('none', flux.annotations), alias).decision.reason).toBe('NotAnnotated');
});

test('none asks for no role, on an account and on a Namespace', () => {
  expect(decide({}, account('none'), SETTINGS).decision).toMatchObject({ outcome: 'skipped', reason: 'NotAnnotated' });
  expect(decide({ [ROLE]: 'none' }).decision.reason).toBe('NotAnnotated');
  expect(decide({}, account('none\n'), SETTINGS).decision.reason).toBe('AnnotationInvalid');
});

test.each([
  ['of the pod', { hostNetwork: true }, 'HostNetwork'],
  ['of a container', { containers: [{ name: 'app', env: [{ name: 'AWS_ROLE_ARN', value: 'x' }] }] }, 'OwnWebIdentity'],
])('a conflict %s skips with a warning, where an account that asks is refused', (_name, spec, code) => {
  const { decision } = decide({ [ROLE]: TARGET }, plain, on, plainPod(spec));
  expect(decision).toMatchObject({ outcome: 'skipped', marked: expect.anything() });
  expect(decision.warnings.join('\n')).toContain(`[${code}]`);
  expect(decide({}, account(), on, plainPod(spec)).decision).toMatchObject({ outcome: 'refused', reason: code });
});

describe('an account that the admin does not let ask', () => {
  const locked = { ...on, allowedServiceAccounts: [{ namespace: 'shop', name: 'other' }] };
  const SKIPPED = 'rolechain.io/skipped';
  const namesTaken = { volumes: [{ name: 'rolechain-of-mine', emptyDir: {} }] };
  const tooLarge = {
    containers: [{ name: 'app', env: Array.from({ length: 5000 }, (_, i) => ({ name: `A${i}`, value: 'x' })) }],
  };

  test.each([
    ['a plain one', plainPod()],
    ['with annotations', plainPod({}, { a: 'b' })],
    ['one that would be refused', plainPod({ hostNetwork: true }, { 'rolechain.io/container-roles': 'app=no role' })],
    ['with names of ours', plainPod(namesTaken)],
    ['one that is too large', plainPod(tooLarge)],
  ])('its pod is left alone, with a warning and the mark: %s', (_name, before) => {
    for (const text of [TARGET, '{roleARN: no}', `{roleARN: "${TARGET}", duration: 12h}`]) {
      const { decision, pod } = decide({ [ROLE]: text }, plain, locked, before);
      expect(decision).toMatchObject({ outcome: 'skipped', reason: 'DefaultNotAllowed' });
      expect(decision.warnings).toEqual([
        "rolechain skips this pod [DefaultNotAllowed]: The admin does not let this ServiceAccount have its Namespace's default role. Ask the admin to list it in the setting allowedServiceAccounts, or write rolechain.io/assume-role: none on the ServiceAccount.",
      ]);
      const annotations = { ...before.metadata.annotations, [SKIPPED]: 'DefaultNotAllowed' };
      expect(pod).toEqual({ ...before, metadata: { ...before.metadata, annotations } });
      expect(decide({ [ROLE]: text }, plain, locked, pod).pod).toEqual(pod);
    }
  });

  test('in the copy of an injected pod nothing of the role is left', () => {
    const injected = decide({ [ROLE]: TARGET }).pod;
    const { pod } = decide({ [ROLE]: TARGET }, plain, locked, injected);
    const before = plainPod({}, { [SKIPPED]: 'DefaultNotAllowed' });
    expect(pod).toMatchObject({ metadata: before.metadata, spec: { containers: [{ name: 'app', image: 'app:1' }] } });
    expect(JSON.stringify(pod)).not.toMatch(/AWS_CONTAINER|rolechain-|28173/);
  });

  test('an annotation on the wrong object is told beside', () => {
    const who = account('', { [STRAYS]: 'rolechain.io/inject' });
    const { decision } = decide({ [ROLE]: TARGET }, who, locked);
    expect(decision.warnings).toEqual([
      expect.stringContaining('[DefaultNotAllowed]'),
      expect.stringContaining('rolechain.io/inject'),
    ]);
  });

  test('annotations that are null get the mark', () => {
    const before = { ...plainPod(), metadata: { annotations: null } } as unknown as ReturnType<typeof plainPod>;
    const { pod } = decide({ [ROLE]: TARGET }, plain, locked, before);
    expect(pod.metadata.annotations).toEqual({ [SKIPPED]: 'DefaultNotAllowed' });
  });

  test('what is no pod of the API gets no mark, and nothing fails', () => {
    const text = { [ROLE]: TARGET };
    for (const odd of [{}, { metadata: 1 }, { ...plainPod(tooLarge), metadata: { annotations: 'x' } }]) {
      const before = odd as unknown as ReturnType<typeof plainPod>;
      const { decision, pod } = decide(text, plain, locked, before);
      expect([decision.reason, pod]).toEqual(['DefaultNotAllowed', before]);
    }
  });

  test('one that asks itself is refused, and one that is let ask is injected', () => {
    expect(decide({}, account(), locked).decision.reason).toBe('AccountForbidden');
    expect(
      decide({ [ROLE]: TARGET }, plain, { ...locked, allowedServiceAccounts: [{ namespace: '*', name: 'o*' }] })
        .decision.reason,
    ).toBe('Injected');
  });
});

test.each([
  ['CredentialSourceForbidden', { credentialSource: 'irsa' }, { credentialSources: ['pod-identity' as const] }],
  ['DurationTooLong', { duration: '1h' }, { maxSessionDuration: 1800 }],
  ['TagsImpossible', { webIdentity: 'only' }, { forcedTags: { team: '{namespace}' } }],
  ['RoleNotAllowed', {}, { allowedRolesPolicy: 'required' as const }],
])('a chain that the admin keeps back is refused under a default too: %s', (reason, fields, settings) => {
  const text = JSON.stringify({ roleARN: TARGET, ...fields });
  expect(decide({ [ROLE]: text }, plain, { ...on, ...settings }).decision).toMatchObject({
    outcome: 'refused',
    reason,
  });
});

test('a default that is invalid is told as the one of the Namespace', () => {
  expect(decide({ [ROLE]: '{roleARN: no}' }).decision).toMatchObject({
    reason: 'DefaultRoleInvalid',
    message: expect.stringMatching(
      /^rolechain: Namespace shop asks for an AWS role for its ServiceAccount shop\/orders, but/,
    ),
  });
});

test('its base identity stays that of the account', () => {
  const role = JSON.stringify({ roleARN: TARGET, credentialSource: 'irsa' });
  const { decision } = decide({ [ROLE]: role, [ACCOUNTS]: 'orders' }, account('', BASE));
  expect(decision).toMatchObject({
    config: { roles: { default: { source: { type: 'irsa', roleARN: BASE['eks.amazonaws.com/role-arn'] } } } },
  });
});

test.each([
  ['no annotation', {}, on],
  ['none', { [ROLE]: 'none' }, on],
  ['a setting that is not given', { [ROLE]: TARGET }, {}],
])('%s on the Namespace leaves the account as it is', (_name, texts, settings) => {
  expect(withDefaultRole(plain, texts, settings)).toBe(plain);
});

test('once in place it stays: the same twice is the same once', () => {
  const once = withDefaultRole(plain, { [ROLE]: TARGET }, on);
  expect(withDefaultRole(once, { [ROLE]: OTHER }, on)).toBe(once);
});

test('no text of a Namespace makes the pod of an account fail, or change, that it does not select', () => {
  const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json(), fc.constantFrom(TARGET, 'none', '{'));
  // Names of others and what is not a glob: neither can select `orders`.
  const broken = fc
    .tuple(fc.string(), fc.constantFrom('[', '(', '?', '|', '\\', 'A', '^', '$', 'é', ','), fc.string())
    .map((parts) => parts.join('').replace(/[ \t\r\n]/g, ''));
  const word = fc.oneof(broken, fc.constantFrom('order', 'orders-2', 'o*-', '*.orders', 'x'.repeat(254)));
  const list = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '));
  fc.assert(
    fc.property(anyText, list, anyText, (role, accounts, allowed) => {
      const texts = { [ROLE]: role, [ACCOUNTS]: accounts, 'rolechain.io/allowed-roles': allowed };
      const { decision, pod } = decide(texts);
      expect(decision).toEqual({ outcome: 'skipped', reason: 'NotAnnotated', warnings: [] });
      expect(pod).toEqual(plainPod());
    }),
  );
});
