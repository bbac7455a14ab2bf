/** What an admin's settings keep back, at a pod and where its account is written: the same with the same words. */
import { decide } from './decide-pod.ts';
import { evaluateServiceAccount } from '../admission/service-account-review.ts';
import { SETTINGS, TARGET, account, plainPod } from '../testing/fixtures.ts';
import type { DecideSettings } from '../settings/settings.ts';
import type { ServiceAccount } from '../objects/service-account.ts';

const NOTHING = { others: new Map(), allowedRoles: undefined };
const HUB = 'arn:aws:iam::222222222222:role/hub';
const asking = (fields: object): ServiceAccount => account(JSON.stringify({ roleARN: TARGET, ...fields }));

/** Reason and message at the pod; that the account is told the same is looked at on the way. */
function outcome(who: ServiceAccount, settings: Partial<DecideSettings>): readonly [string, string] {
  const all = { ...SETTINGS, ...settings };
  const decision = decide(plainPod(), who, all, NOTHING);
  const written = evaluateServiceAccount(who, all, NOTHING);
  const message = decision.outcome === 'refused' ? decision.message : '';
  expect(written?.outcome === 'refused' ? written.message : '').toBe(message);
  return [decision.reason, message];
}

describe('allowedServiceAccounts', () => {
  test.each([
    [[{ namespace: '*', name: '*' }], 'Injected'],
    [[{ namespace: 'shop', name: 'orders' }], 'Injected'],
    [[{ namespace: 'sh*', name: 'o*s' }], 'Injected'],
    [
      [
        { namespace: 'lab', name: '*' },
        { namespace: 'shop', name: '*' },
      ],
      'Injected',
    ],
    [[{ namespace: 'shop', name: 'order' }], 'AccountForbidden'],
    [[{ namespace: 'shop-2', name: 'orders' }], 'AccountForbidden'],
    // One entry alone has to match in both.
    [
      [
        { namespace: 'shop', name: 'lab' },
        { namespace: 'lab', name: 'orders' },
      ],
      'AccountForbidden',
    ],
    [[], 'AccountForbidden'],
  ])('%j: %s', (allowedServiceAccounts, reason) => {
    expect(outcome(account(), { allowedServiceAccounts })[0]).toBe(reason);
  });

  test('who may not ask is told so, and not what is wrong with the annotation', () => {
    const [reason, message] = outcome(account('{roleARN: no}'), { allowedServiceAccounts: [] });
    expect([reason, message]).toEqual([
      'AccountForbidden',
      'rolechain: ServiceAccount shop/orders asks for an AWS role, but: The admin does not let this ServiceAccount ask for roles. Ask the admin to list it in the setting allowedServiceAccounts, or take the annotation out. [AccountForbidden]',
    ]);
  });

  test('an account that asks for nothing is not looked at', () => {
    expect(outcome(account(''), { allowedServiceAccounts: [] })).toEqual(['NotAnnotated', '']);
  });
});

describe('credentialSources', () => {
  const IRSA = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111111111111:role/base' };
  const sourceOf = (who: ServiceAccount, credentialSources: DecideSettings['credentialSources']): unknown => {
    const decision = decide(plainPod(), who, { ...SETTINGS, credentialSources }, NOTHING);
    return decision.outcome === 'injected' ? decision.config.roles.default?.source?.type : decision.reason;
  };

  test.each([
    [['pod-identity', 'irsa'], 'auto'],
    [['pod-identity'], 'pod-identity'],
    [['irsa'], 'irsa'],
    [['environment'], 'CredentialSourceForbidden'],
  ] as const)('%j: auto is %s', (sources, expected) => {
    expect(sourceOf(account(TARGET, IRSA), sources)).toBe(expected);
  });

  test.each([
    [{ credentialSource: 'irsa' }, ['pod-identity'], 'credentialSource is irsa'],
    [{ credentialSource: 'pod-identity' }, ['irsa'], 'credentialSource is pod-identity'],
    [{ webIdentity: 'only' }, ['pod-identity'], 'webIdentity is only, which takes irsa'],
    [{ webIdentity: 'prefer' }, ['pod-identity'], 'webIdentity is prefer, which takes irsa'],
    [{ serviceAccount: { name: 'other' } }, ['pod-identity'], 'serviceAccount is there, which takes irsa'],
  ] as const)('%j where %j are allowed is refused', (fields, credentialSources, what) => {
    const [reason, message] = outcome(asking(fields), { credentialSources, otherServiceAccounts: true });
    expect(reason).toBe('CredentialSourceForbidden');
    expect(message).toContain(`${what}; the setting credentialSources allows ${credentialSources.join(', ')}.`);
  });

  test('environment takes both: the source, and the namespace', () => {
    const who = { ...asking({ credentialSource: 'environment' }), namespace: 'lab' };
    expect(outcome(who, {})[0]).toBe('Injected');
    expect(outcome(who, { credentialSources: ['irsa'] })[0]).toBe('CredentialSourceForbidden');
    expect(outcome({ ...who, namespace: 'shop' }, {})[0]).toBe('SourceForbidden');
  });
});

describe('maxSessionDuration', () => {
  test('a longer session is refused, of a hop too', () => {
    const who = asking({ duration: '30m', via: [{ roleARN: HUB, duration: '45m' }] });
    const [reason, message] = outcome(who, { maxSessionDuration: 2699 });
    expect(reason).toBe('DurationTooLong');
    expect(message).toContain('via.0.duration is 2700 s; the setting maxSessionDuration is 2699 s.');
    expect(outcome(who, { maxSessionDuration: 2700 })[0]).toBe('Injected');
  });

  test('what writes no duration lasts no longer', () => {
    const decision = decide(
      plainPod(),
      asking({ via: [{ roleARN: HUB }] }),
      { ...SETTINGS, maxSessionDuration: 1800 },
      NOTHING,
    );
    const hops = decision.outcome === 'injected' ? decision.config.roles.default?.hops : [];
    expect(hops?.map(({ durationSeconds }) => durationSeconds)).toEqual([1800, 1800]);
  });
});

test('all that is kept back is told at once', () => {
  const who = asking({ webIdentity: 'only', duration: '2h' });
  const [reason, message] = outcome(who, {
    credentialSources: ['pod-identity'],
    maxSessionDuration: 3600,
    forcedTags: { a: 'b' },
  });
  expect(reason).toBe('CredentialSourceForbidden');
  expect(message.match(/\[\w+\]/g)).toEqual(['[CredentialSourceForbidden]', '[DurationTooLong]', '[TagsImpossible]']);
});
