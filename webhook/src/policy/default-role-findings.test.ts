/** What is said of a default role when its Namespace is written, under what the admin's settings keep back. */
import { ANNOTATIONS, LIMITS } from '@rolechain/shared';
import { SETTINGS, TARGET } from '../testing/fixtures.ts';
import type { DecideSettings } from '../settings/settings.ts';
import { accountGlobProblems, defaultRoleFindings, type NamespaceFindings } from './default-role-findings.ts';

const ROLE = 'rolechain.io/assume-role';
const ACCOUNTS = 'rolechain.io/assume-role-accounts';
const on = { ...SETTINGS, namespaceDefaultRole: true };

const NAMED = { roles: { audit: { roleARN: TARGET, sessionName: '{cluster}' } } };

function found(
  settings: Partial<DecideSettings>,
  fields: object = {},
  accounts?: string,
  isNewRole = true,
): NamespaceFindings {
  const list = accounts === undefined ? {} : { [ACCOUNTS]: accounts };
  const annotations = { [ROLE]: JSON.stringify({ roleARN: TARGET, ...fields }), ...list };
  return defaultRoleFindings({ name: 'shop', annotations, isNewRole }, { ...on, ...settings });
}

test.each([
  ['CredentialSourceForbidden', { credentialSources: ['pod-identity' as const] }, { credentialSource: 'irsa' }, /irsa/],
  ['DurationTooLong', { maxSessionDuration: 1800 }, { duration: '1h' }, /3600 s/],
  ['TagsImpossible', { forcedTags: { team: 'x' } }, { webIdentity: 'only' }, /webIdentity is only/],
  ['TagsImpossible', { forcedTags: { team: `{namespace}${'x'.repeat(253)}` } }, {}, /tags\.team becomes "shopx/],
  [
    'DefaultRoleInvalid',
    { cluster: undefined },
    { sessionName: '{cluster}' },
    /^rolechain.io\/assume-role: .*sessionName/,
  ],
  ['DefaultRoleInvalid', { cluster: undefined }, NAMED, /roles.audit.sessionName/],
  ['DefaultRoleInvalid', { region: 'cn-north-1' }, {}, /another partition/],
  ['RoleNotAllowed', { allowedRolesPolicy: 'required' as const }, {}, /Namespace shop/],
  [
    'SourceForbidden',
    { environmentSource: { ...SETTINGS.environmentSource, namespaces: ['other'] } },
    { credentialSource: 'environment' },
    /^$/,
  ],
  ['DefaultRoleInvalid', {}, { tags: { team: `{namespace}{serviceAccount}${'x'.repeat(252)}` } }, /tags\.team/],
])('what all of its ServiceAccounts would be refused for: %s', (reason, settings, fields, detail) => {
  expect(found(settings, fields)).toMatchObject({ refusing: [{ reason, detail: expect.stringMatching(detail) }] });
  expect(found({})).toEqual({ refusing: [], warnings: [] });
});

const texts = (annotations: Record<string, string>, settings: Partial<DecideSettings> = {}): NamespaceFindings =>
  defaultRoleFindings({ name: 'shop', annotations, isNewRole: true }, { ...on, ...settings });
const OFF = expect.stringContaining('the setting namespaceDefaultRole is off');

test.each([
  ['no default', { [ACCOUNTS]: 'orders' }],
  ['none', { [ROLE]: 'none' }],
])('%s is nothing to tell, whatever the settings', (_name, annotations) => {
  for (const settings of [{}, { namespaceDefaultRole: false, allowedServiceAccounts: [] }])
    expect(texts(annotations, settings)).toEqual({ refusing: [], warnings: [] });
});

test('where the setting is off, that alone is told of whom it is for', () => {
  const off = { namespaceDefaultRole: false, allowedServiceAccounts: [] };
  expect(texts({ [ROLE]: TARGET }, off)).toEqual({ refusing: [], warnings: [OFF] });
  expect(texts({ [ROLE]: 'no role' }, off)).toEqual({
    refusing: [{ reason: 'DefaultRoleInvalid', detail: expect.stringMatching(/^rolechain.io\/assume-role: /) }],
    warnings: [OFF],
  });
});

test('auto is judged as the one source that the admin allows', () => {
  expect(found({ credentialSources: ['irsa'] })).toEqual({ refusing: [], warnings: [] });
});

test('a namespace that may take credentials of a Secret is known by its name', () => {
  const environmentSource = { ...SETTINGS.environmentSource, namespaces: ['shop'] };
  expect(found({ environmentSource }, { credentialSource: 'environment' }).refusing).toEqual([]);
});

test('too many patterns are told by their own annotation', () => {
  expect(
    texts({ [ROLE]: TARGET, [ANNOTATIONS.allowedRoles.key]: 'x '.repeat(LIMITS.allowedRolesPatterns + 1) }).refusing,
  ).toEqual([]);
});

test('what is legal and unwise is told as of the Namespace', () => {
  const { refusing, warnings } = found({}, { duration: '15m', externalID: 'shared' });
  expect(refusing).toEqual([]);
  expect(warnings).toEqual([
    expect.stringContaining('900 s is short'),
    expect.stringContaining('anyone who can read the Namespace can see it'),
  ]);
});

test('a tag that only some names make too long is not refused: they are told at their pods', () => {
  const tags = { team: `{serviceAccount}${'x'.repeat(255)}` };
  expect(found({}, { tags }).refusing).toEqual([]);
  expect(found({ forcedTags: tags }).refusing).toEqual([]);
});

test('a tag that the admin forces otherwise draws a warning', () => {
  const { refusing, warnings } = found({ forcedTags: { Team: 'theirs' } }, { tags: { team: 'ours' } });
  expect([refusing, warnings]).toEqual([[], [expect.stringContaining('tags.team is not sent')]]);
});

describe('ServiceAccounts that the admin does not let ask', () => {
  test.each([
    ['all of the namespace', [{ namespace: 'lab', name: '*' }], undefined, `* in ${ACCOUNTS}, its default, is`],
    ['all but some', [{ namespace: 'shop', name: 'orders' }], undefined, `* in ${ACCOUNTS}, its default, is`],
    ['one that is named', [{ namespace: 'shop', name: 'orders' }], 'orders other', `other in ${ACCOUNTS} is`],
    ['some of a glob', [{ namespace: 'shop', name: 'team-a*' }], 'team-*', `team-* in ${ACCOUNTS} is`],
    ['none, by the same glob', [{ namespace: 'sh*', name: 'team-*' }], 'team-a-* team-b', ''],
    ['none', [{ namespace: 'shop', name: '*' }], undefined, ''],
    ['none, where the list is for none', [], 'orders[', ''],
  ])('%s: told by a warning, since their pods are skipped', (_name, allowedServiceAccounts, accounts, words) => {
    const { refusing, warnings } = found({ allowedServiceAccounts }, {}, accounts);
    expect(refusing).toEqual([]);
    const first = new RegExp(`^${RegExp.escape(words)}`);
    expect(warnings).toEqual(words === '' ? [] : [expect.stringMatching(first)]);
    expect(found({ allowedServiceAccounts, maxSessionDuration: 900 }, { duration: '1h' }, accounts, false)).toEqual({
      refusing: [],
      warnings,
    });
    if (words !== '') expect(warnings.join()).toContain('[DefaultNotAllowed]');
  });
});

test('the list: each word that is not a glob is told, up to a limit, and white space around them is none', () => {
  expect(accountGlobProblems(' orders\tteam-*\n')).toEqual([]);
  expect(accountGlobProblems('orders[ orders (')).toMatchObject([{ path: ACCOUNTS }, { path: ACCOUNTS }]);
  expect(accountGlobProblems('( '.repeat(LIMITS.placesNamed + 1))).toHaveLength(LIMITS.placesNamed);
  expect(accountGlobProblems('x'.repeat(LIMITS.assumeRoleAccountsBytes + 1))).toMatchObject([
    { code: 'DocumentTooLarge' },
  ]);
});
