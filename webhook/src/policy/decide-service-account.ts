/**
 * What can be said of a ServiceAccount without a pod. One function for pods and for `/validate`, so that both
 * refuse the same with the same words.
 */
import type { Accepted } from './judge-service-account.ts';
import { UNKEPT, type Judgements } from './judgements.ts';
import type { Refused } from './refusal.ts';
import type { Annotations } from '../objects/annotations.ts';
import type { LimitRule } from '../objects/limit-range.ts';
import type { OtherAccounts, ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';

/** What was looked up around an account. */
export interface AdmissionContext {
  readonly others: OtherAccounts;
  /** The Namespace's `rolechain.io/allowed-roles`; undefined where it has none. */
  readonly allowedRoles: string | undefined;
  /** Annotations of the Namespace: those of the sidecar's resources are read here. None when absent. */
  readonly namespaceAnnotations?: Annotations;
  /** Of the Namespace's LimitRanges. None when absent. */
  readonly limitRules?: readonly LimitRule[];
}

/**
 * The account's roles, or why they are refused; undefined when it asks for none. No input throws. An account's pods
 * come by the hundred: `judgements` keep it for all that find the same around it.
 */
export function decideServiceAccount(
  account: ServiceAccount | undefined,
  settings: DecideSettings,
  { others, allowedRoles: patterns }: AdmissionContext,
  judgements: Judgements = UNKEPT,
): Accepted | Refused | undefined {
  if (account === undefined) return undefined;
  return judgements.judge({ account, settings, others, patterns });
}
