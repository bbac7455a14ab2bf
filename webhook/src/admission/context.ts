/** What has to be looked up around an account that asks for a role. */
import { ANNOTATIONS } from '@rolechain/shared';
import type { ReadNamespace } from '../cluster/namespaces.ts';
import type { ReadAccount } from '../cluster/service-accounts.ts';
import type { AdmissionContext } from '../policy/decide-service-account.ts';
import { mayAsk } from '../policy/lock-down.ts';
import type { Annotations } from '../objects/annotations.ts';
import type { LimitRule } from '../objects/limit-range.ts';
import type { Judgements } from '../policy/judgements.ts';
import { otherAccountsOf, type ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';

export interface Lookups {
  readonly lookup: ReadAccount;
  readonly lookupNamespace: ReadNamespace;
  /** What is known of a namespace's LimitRanges: it is never waited for. */
  readonly limitRulesOf?: (namespace: string) => readonly LimitRule[];
  readonly judgements: Judgements;
}

/**
 * Its Namespace, unless that is known already, and the other accounts that it names, all at once. Rejects with CodedError
 * LookupFailed.
 */
export async function lookUpContext(
  account: ServiceAccount,
  settings: DecideSettings,
  { lookup, lookupNamespace, limitRulesOf = () => [], judgements }: Lookups,
  known?: Annotations,
): Promise<AdmissionContext> {
  const mayName = settings.otherServiceAccounts && mayAsk(account, settings);
  const read = mayName ? judgements.readAccount(account, settings)?.roles : undefined;
  // One that is invalid names none; that of an account that may not ask is not looked at.
  const named = read?.ok ? otherAccountsOf(read.value, account) : [];
  const [namespace, found] = await Promise.all([
    known ?? lookupNamespace(account.namespace),
    Promise.all(named.map(({ namespace: other, name }) => lookup(other, name))),
  ]);
  const others = found.flatMap((other) => other ?? []);
  return {
    others: new Map(others.map((other) => [`${other.namespace}/${other.name}`, other])),
    allowedRoles: namespace[ANNOTATIONS.allowedRoles.key],
    namespaceAnnotations: namespace,
    limitRules: limitRulesOf(account.namespace),
  };
}
