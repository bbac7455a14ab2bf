import { keptRolesOfAccount, keptRolesOfNamespace } from './kept-roles.ts';
import { SETTINGS, TARGET, account } from '../testing/fixtures.ts';

const KEY = 'rolechain.io/assume-role';
const ACCOUNTS = 'rolechain.io/assume-role-accounts';
const FLUX = 'aws.auth.fluxcd.io/assume-role';
const OTHER = `${TARGET}-2`;
const TOLD = [
  'rolechain: Running pods keep the roles that they have. Recreate them: kubectl rollout restart. [PodsKeepRoles]',
];
const document = (fields: object): string => JSON.stringify({ roleARN: TARGET, ...fields });
const asking = (text: string | undefined, more: Record<string, string> = {}): ReturnType<typeof account> => ({
  ...account(TARGET),
  annotations: { ...(text === undefined ? {} : { [KEY]: text }), ...more },
});

describe('a ServiceAccount', () => {
  test.each<[string, string | undefined, string | undefined, boolean]>([
    ['another role', TARGET, OTHER, true],
    ['a role where there was none', undefined, TARGET, true],
    ['a role in place of none', 'none', TARGET, true],
    ['none in place of a role', TARGET, 'none', true],
    ['no role any more', TARGET, undefined, true],
    ['none where there was nothing', undefined, 'none', false],
    ['nothing in place of none', 'none', undefined, false],
    ['a role in place of what is invalid', 'nonsense', TARGET, true],
    ['none in place of what is invalid', 'nonsense', 'none', false],
    ['the same as a document', TARGET, document({}), false],
    ['a comment', `roleARN: ${TARGET}`, `# ours\nroleARN: "${TARGET}"`, false],
    ['a default that is written', TARGET, document({ duration: '1h', webIdentity: 'never' }), false],
    ['another order of tags', document({ tags: { a: '1', b: '2' } }), document({ tags: { b: '2', a: '1' } }), false],
    [
      'another order of keys of a list',
      document({ tags: { a: '1', b: '2' }, transitiveTagKeys: ['a', 'b'] }),
      document({ tags: { a: '1', b: '2' }, transitiveTagKeys: ['b', 'a'] }),
      false,
    ],
    [
      'another order of roles',
      document({ roles: { a: { roleARN: TARGET }, b: { roleARN: OTHER } } }),
      document({ roles: { b: { roleARN: OTHER }, a: { roleARN: TARGET } } }),
      false,
    ],
    [
      'another order of hops',
      document({ via: [{ roleARN: `${TARGET}-a` }, { roleARN: `${TARGET}-b` }] }),
      document({ via: [{ roleARN: `${TARGET}-b` }, { roleARN: `${TARGET}-a` }] }),
      true,
    ],
    ['another duration', TARGET, document({ duration: '45m' }), true],
    ['one role more', TARGET, document({ roles: { audit: { roleARN: OTHER } } }), true],
  ])('%s', (_name, before, after, isTold) => {
    const change = { before: asking(before), after: asking(after) };
    expect(keptRolesOfAccount(change, {}, SETTINGS)).toEqual(isTold ? TOLD : []);
  });

  test('its warning has at most the 120 characters that Kubernetes advises', () => {
    expect(TOLD[0]?.length).toBeLessThanOrEqual(120);
  });

  test("Flux's annotation counts where its alias is on", () => {
    const change = { before: asking(undefined, { [FLUX]: document({}) }), after: asking(TARGET) };
    expect(keptRolesOfAccount(change, {}, { ...SETTINGS, fluxAlias: true })).toEqual([]);
    expect(keptRolesOfAccount(change, {}, SETTINGS)).toEqual(TOLD);
  });

  test('one that may not ask has no pods with a role', () => {
    const change = { before: asking(TARGET), after: asking('none') };
    expect(keptRolesOfAccount(change, {}, { ...SETTINGS, allowedServiceAccounts: [] })).toEqual([]);
  });

  test("its Namespace's default role is what it had, or gets", () => {
    const on = { ...SETTINGS, namespaceDefaultRole: true };
    const kept = (before: string | undefined, after: string | undefined, settings = on): boolean =>
      keptRolesOfAccount({ before: asking(before), after: asking(after) }, { [KEY]: TARGET }, settings).length > 0;
    expect(kept(undefined, 'none')).toBe(true);
    expect(kept('none', undefined)).toBe(true);
    expect(kept(undefined, TARGET)).toBe(false);
    expect(kept(undefined, OTHER)).toBe(true);
    expect(kept(undefined, 'none', SETTINGS)).toBe(false);
  });
});

describe('a Namespace', () => {
  const on = { ...SETTINGS, namespaceDefaultRole: true };
  const role = (text: string): Record<string, string> => ({ [KEY]: text });
  const list = (text: string): Record<string, string> => ({ ...role(TARGET), [ACCOUNTS]: text });

  test.each<[string, Record<string, string>, Record<string, string>, boolean]>([
    ['a default role', {}, role(TARGET), true],
    ['another one', role(TARGET), role(OTHER), true],
    ['none in its place', role(TARGET), role('none'), true],
    ['none where there was nothing', {}, role('none'), false],
    ['the same in other words', role(TARGET), role(document({})), false],
    ['for others', list('orders'), list('orders team-*'), true],
    ['for the same, in another order', list('orders team-*'), list('team-*  orders orders'), false],
    ['for all, as before', role(TARGET), list('*'), false],
    ['for others, of what is invalid', { ...list('orders'), [KEY]: 'no' }, { ...list('*'), [KEY]: 'no' }, false],
    ['a list without a role', {}, { [ACCOUNTS]: 'orders' }, false],
  ])('%s', (_name, before, after, isTold) => {
    expect(keptRolesOfNamespace({ before, after }, on)).toEqual(isTold ? TOLD : []);
    expect(keptRolesOfNamespace({ before, after }, SETTINGS)).toEqual([]);
  });
});
