/** decide, patch and uninject over every pod of the corpora, without an apiserver. */
import { ANNOTATIONS, FOREIGN_KEYS } from '@rolechain/shared';
import { SETTINGS, TARGET, account, call } from '@rolechain/webhook/testing';
import { changes } from '@rolechain/kit/unmanaged/changes.ts';
import { PULL_SECRET, judge } from './judge.ts';
import {
  distinctPods,
  eksPods,
  everyFieldPods,
  podKey,
  psaFixtures,
  type NamedPod,
} from '@rolechain/kit/corpora/load.ts';
import type { PodObject } from '@rolechain/kit/pod.ts';
import { count } from './survey.ts';

const irsa = { [FOREIGN_KEYS.eksRoleARN]: 'arn:aws:iam::111111111111:role/base' };
/** Two roles, a chain, and every kind of volume but that of the environment. */
const RICH = JSON.stringify({
  roleARN: TARGET,
  externalIDFrom: { secretKeyRef: { name: 'orders-aws', key: 'external-id' } },
  via: [{ roleARN: 'arn:aws:iam::222222222222:role/hub' }],
  roles: { audit: { roleARN: TARGET, region: 'us-east-1', serviceAccount: { name: 'other' } } },
});
const around = {
  others: new Map([['shop/other', { namespace: 'shop', name: 'other', annotations: irsa }]]),
  allowedRoles: undefined,
};
/** The Namespace has a default role for all that say nothing, and for one by its name. */
const given = {
  ...around,
  namespaceAnnotations: { [ANNOTATIONS.assumeRole.key]: TARGET, [ANNOTATIONS.assumeRoleAccounts.key]: 'orders' },
};
const forOthers = {
  ...around,
  namespaceAnnotations: { ...given.namespaceAnnotations, [ANNOTATIONS.assumeRoleAccounts.key]: 'order orders[ team-*' },
};
const forAll = { ...around, namespaceAnnotations: { [ANNOTATIONS.assumeRole.key]: TARGET } };
const ACCOUNTS = {
  'one role': { account: account(), around },
  'two roles': { account: account(RICH, irsa), around },
  'a default role': { account: account(''), around: given },
  'a default role, named though it has a base role': { account: account('', irsa), around: given },
};
/** Whom a default leaves out. */
const LEFT_OUT = {
  'is not in the list': { account: account(''), around: forOthers },
  'has a base role': { account: account('', irsa), around: forAll },
  'says none': { account: account('none'), around: given },
};
const settings = {
  ...SETTINGS,
  otherServiceAccounts: true,
  imagePullSecrets: [PULL_SECRET],
  containersUseDualstackEndpoint: true,
};

const ON = { namespaceDefaultRole: true };

const fixtures = psaFixtures();
const CORPORA: readonly (readonly [string, readonly NamedPod[]])[] = [
  ['kubernetes/pod-security-admission', distinctPods(fixtures)],
  ['kubernetes/api, every field', everyFieldPods()],
  ['aws/amazon-eks-pod-identity-webhook', eksPods()],
];

test('the corpora are whole', () => {
  expect(fixtures).toHaveLength(4537);
  expect(CORPORA.map(([, pods]) => pods.length)).toEqual([363, 7, 24]);
});

describe.each(CORPORA)('%s', (_corpus, pods) => {
  test('an account that asks for nothing changes nothing', () => {
    const touched = pods.filter(({ pod }) => changes(pod, call(pod, account('')).pod).length > 0);
    expect(touched.map(({ source }) => source)).toEqual([]);
  });

  test.each(Object.entries(LEFT_OUT))('an account that a default leaves out changes nothing: it %s', (_why, who) => {
    const touched = pods.filter(({ pod }) => {
      const { decision, pod: after } = call(pod, who.account, { ...settings, ...ON }, undefined, who.around);
      return changes(pod, after).length > 0 || decision.outcome !== 'skipped' || decision.marked !== undefined;
    });
    expect(touched.map(({ source }) => source)).toEqual([]);
  });

  describe.each(Object.keys(ACCOUNTS) as (keyof typeof ACCOUNTS)[])('%s', (who) => {
    test.each(['refuse', 'warn'] as const)('conflicts: %s', (conflicts) => {
      const wrong = pods.flatMap(({ source, pod }) => {
        const { decision, after, foreign, again, lost } = judge(
          pod,
          ACCOUNTS[who].account,
          { ...settings, ...ON, conflicts },
          ACCOUNTS[who].around,
        );
        const marked = JSON.stringify(after).includes(`"${ANNOTATIONS.status.key}":`);
        const problems = [
          ...Object.entries({ foreign, again, lost }).flatMap(([what, found]) =>
            found.map(({ kind, path }) => `${what}: ${kind} ${path}`),
          ),
          ...(marked === (decision.outcome === 'injected') ? [] : ['the status']),
        ];
        return problems.map((problem) => `${source}: ${problem}`);
      });
      expect(wrong).toEqual([]);
    });
  });
});

/** Outcomes and reason codes of these pods, with how often each comes. Pods that are the same are asked about once. */
function outcomes(conflicts: 'refuse' | 'warn', pods: readonly { readonly pod: PodObject }[]): Record<string, number> {
  const known = new Map(pods.map(({ pod }) => [podKey(pod), pod]));
  const told = new Map(
    [...known].map(([key, pod]) => {
      const { outcome, reason } = call(pod, account(), { ...settings, conflicts }).decision;
      return [key, `${outcome} ${reason}`];
    }),
  );
  return count(pods.map(({ pod }) => told.get(podKey(pod)) ?? ''));
}

/**
 * Counted in the corpora by their fields: 228 with `hostNetwork: true`, 152 of them with `hostProcess: true`, which only
 * Windows has, and 9 with `os.name: windows`.
 */
test('outcomes and reason codes of all fixtures, not only the distinct ones', () => {
  const [linux, hostNetwork, windows] = [4537 - 228 - 9, 228 - 152, 9 + 152];
  expect(outcomes('refuse', fixtures)).toEqual({
    'injected Injected': linux,
    'refused HostNetwork': hostNetwork,
    'refused Windows': windows,
  });
  expect(outcomes('warn', fixtures)).toEqual({
    'injected Injected': linux,
    'skipped HostNetwork': hostNetwork,
    'skipped Windows': windows,
  });
});

test('outcomes and reason codes of the others', () => {
  expect(outcomes('refuse', everyFieldPods())).toEqual({ 'injected Injected': 7 });
  // Two set AWS_ROLE_ARN themselves, one has `path` for `mountPath`, two select Windows nodes.
  expect(outcomes('refuse', eksPods())).toEqual({
    'injected Injected': 19,
    'refused OwnWebIdentity': 2,
    'refused PodMalformed': 1,
    'refused Windows': 2,
  });
});
