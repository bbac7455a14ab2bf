/** The guard: its policies and bindings, beside what the settings say. */
import { at, listAt, textAt } from '../objects/fields.ts';
import { failed, judge, ok, skipped, warning, OK, type Check, type Fact, type Verdict } from './check.ts';
import type { Facts } from './facts.ts';

const PAGE = 'docs/guard.md';

/** Bindings of each policy. */
const BINDINGS: Readonly<Record<string, readonly string[]>> = {
  'rolechain-guard': ['rolechain-guard', 'rolechain-guard-opted-in'],
  'rolechain-guard-default-role': ['rolechain-guard-default-role', 'rolechain-guard-default-role-opted-in'],
};
const POLICY = 'rolechain-guard';
const DEFAULT_ROLE = 'rolechain-guard-default-role';

export const guardChecks = (category: string): readonly Check<Facts>[] => [
  {
    id: 'kubernetes-version',
    category,
    what: 'this version of Kubernetes evaluates the guard rightly',
    fix: 'Upgrade, or use the overlay without-guard.',
    page: 'docs/guard.md#versions',
    look: ({ serverVersion, policies }) => {
      const isThere = policies[POLICY]?.is === 'there';
      const fault = versionFault(serverVersion);
      if (fault === undefined) return ok(serverVersion);
      return isThere ? failed(`${serverVersion} ${fault}`) : ok(`${serverVersion}, without the guard`);
    },
  },
  {
    id: 'guard',
    category,
    what: 'the guard refuses pods that were not injected',
    fix: 'Apply manifests/base/guard.yaml again. Without it a pod that is made while the webhook is out starts without its role.',
    page: PAGE,
    look: (facts) =>
      judge(
        of(facts.policies, POLICY),
        warning('There is no policy rolechain-guard: nothing refuses pods while the webhook is out.'),
        () => bindings(POLICY, facts),
      ),
  },
  {
    id: 'guard-actions',
    category,
    what: "the guard's actions are those of the setting mode",
    fix: 'Use the overlay audit with mode: audit, and without it the base: each has both.',
    page: 'docs/operations.md#try-it-first',
    look: actions,
  },
  {
    id: 'guard-default-role',
    category,
    what: 'the guard of default roles is there exactly with the setting namespaceDefaultRole',
    fix: 'Use the overlay default-role, which has both.',
    page: 'docs/guard.md#overlays',
    look: defaultRole,
  },
];

const of = (facts: Readonly<Record<string, Fact<unknown>>>, name: string): Fact<unknown> =>
  facts[name] ?? { is: 'absent' };

/** 1.33.7, 1.34.3, 1.35 with kubernetes#137885: kubernetes#135359. */
function versionFault(version: string): string | undefined {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return 'is not a version that can be read.';
  const [x, y, z] = [Number(major), Number(minor), Number(patch)];
  if (x > 1 || y >= 35 || (y === 34 && z >= 3) || (y === 33 && z >= 7)) return undefined;
  return 'may refuse pods of a namespace that was made moments ago (kubernetes#135359).';
}

function bindings(policy: string, facts: Facts): Verdict {
  const judged = (BINDINGS[policy] ?? []).map((name) =>
    judge(
      of(facts.bindings, name),
      failed(`There is no binding ${name}: the policy is not in force where it belongs to.`),
      (binding) =>
        textAt(binding, 'spec', 'policyName') === policy ? OK : failed(`Binding ${name} is of another policy.`),
    ),
  );
  return judged.find(({ state }) => state !== 'ok') ?? OK;
}

function actions({ settings, bindings: all }: Facts): Verdict {
  const there = Object.entries(all).flatMap(([name, fact]) =>
    fact.is === 'there' ? [{ name, actions: listAt(fact.value, 'spec', 'validationActions') }] : [],
  );
  const unread = Object.values(all).find(({ is }) => is === 'unknown');
  if (unread) return judge(unread, OK, () => OK);
  if (there.length === 0) return skipped('there are no bindings');
  return judge(settings, skipped('there are no settings'), (read) => {
    if (!read.ok) return skipped('the settings are not valid');
    const isAudit = read.value.mode === 'audit';
    const wrong = there.filter(({ actions: own }) => own.includes('Deny') === isAudit).map(({ name }) => name);
    if (wrong.length === 0) return ok(`mode: ${read.value.mode}`);
    return isAudit
      ? failed(`mode is audit, but ${wrong.join(', ')} denies: pods that the webhook only looks at are refused.`)
      : warning(
          `mode is enforce, but ${wrong.join(', ')} does not deny: pods start without their role while the webhook is out.`,
        );
  });
}

function defaultRole(facts: Facts): Verdict {
  const policy = of(facts.policies, DEFAULT_ROLE);
  return judge(facts.settings, skipped('there are no settings'), (read) => {
    if (!read.ok) return skipped('the settings are not valid');
    const isOn = at(read.value, 'namespaceDefaultRole') === true;
    const absent = isOn
      ? warning(
          `namespaceDefaultRole is on, but there is no policy ${DEFAULT_ROLE}: nothing refuses such pods while the webhook is out.`,
        )
      : OK;
    return judge(policy, absent, () => {
      if (!isOn)
        return failed(
          `There is a policy ${DEFAULT_ROLE}, but namespaceDefaultRole is off: it refuses pods that nobody injects.`,
          'Remove the policy and its bindings, or turn the setting on.',
        );
      return bindings(DEFAULT_ROLE, facts);
    });
  });
}
