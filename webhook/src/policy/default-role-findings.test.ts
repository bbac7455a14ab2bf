/** What is said of a default role when its Namespace is written, under what the admin's settings keep back. */
import { SETTINGS, TARGET } from '../testing/fixtures.ts';
import type { DecideSettings } from '../settings/settings.ts';
import { defaultRoleFindings, type NamespaceFindings } from './default-role-findings.ts';

const ROLE = 'rolechain.io/assume-role';
const ACCOUNTS = 'rolechain.io/assume-role-accounts';
const on = { ...SETTINGS, namespaceDefaultRole: true };

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
  ['DefaultRoleInvalid', {}, { tags: { team: `{namespace}{serviceAccount}${'x'.repeat(252)}` } }, /tags\.team/],
])('what all of its ServiceAccounts would be refused for: %s', (reason, settings, fields, detail) => {
  expect(found(settings, fields)).toMatchObject({ refusing: [{ reason, detail: expect.stringMatching(detail) }] });
  expect(found({})).toEqual({ refusing: [], warnings: [] });
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
    expect(warnings).toEqual(words === '' ? [] : [expect.stringContaining(words)]);
    expect(found({ allowedServiceAccounts, maxSessionDuration: 900 }, { duration: '1h' }, accounts, false)).toEqual({
      refusing: [],
      warnings,
    });
    if (words !== '') expect(warnings.join()).toContain('[DefaultNotAllowed]');
  });
});
