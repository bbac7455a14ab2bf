/** What is kept of a ServiceAccount: the annotations that are read. */

import {
  EKS,
  ANNOTATIONS,
  FOREIGN_KEYS,
  NO_ROLE,
  type EksWebhook,
  type Grammar,
  type RoleSpec,
  type Startup,
} from '@rolechain/shared';

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Its annotation that asks for a role is that of its Namespace (policy/default-role.ts). */
  readonly byDefault?: true;
}

/** The keys of `ServiceAccount.annotations`; a cache keeps no others. Those of the EKS webhook are by its flags. */
export function accountKeys({ keys }: EksWebhook = EKS): readonly string[] {
  return [ANNOTATIONS.assumeRole.key, FOREIGN_KEYS.fluxAssumeRole, keys.roleARN, keys.audience];
}

/** The account with its base identity under the keys of EKS' own webhook, whatever the flags of the one that is there. */
export function withEksKeys(account: ServiceAccount, { keys }: EksWebhook): ServiceAccount {
  if (keys.roleARN === FOREIGN_KEYS.eksRoleARN) return account;
  const { [keys.roleARN]: roleARN, [keys.audience]: audience, ...others } = account.annotations;
  const annotations = {
    ...others,
    ...(roleARN === undefined ? {} : { [FOREIGN_KEYS.eksRoleARN]: roleARN }),
    ...(audience === undefined ? {} : { [FOREIGN_KEYS.eksAudience]: audience }),
  };
  return { ...account, annotations };
}

/** What the annotation that counts is read by: ours wherever it is there. */
export function grammarOf({ annotations }: ServiceAccount): Grammar {
  return annotations[ANNOTATIONS.assumeRole.key] === undefined ? 'flux' : 'rolechain';
}

/** Whether the account asks for a role at all, valid or not. `none` does not, whatever Flux's annotation says. */
export function asksForRole(
  account: ServiceAccount | undefined,
  { fluxAlias = false }: { readonly fluxAlias?: boolean },
): account is ServiceAccount {
  if (account === undefined || account.annotations[ANNOTATIONS.assumeRole.key] === NO_ROLE) return false;
  return hasOwnAnnotation(account, { fluxAlias });
}

/** Whether it says itself which role it asks for, or that it asks for none. Flux takes an empty value for none. */
export function hasOwnAnnotation(
  { annotations }: ServiceAccount,
  { fluxAlias = false }: { readonly fluxAlias?: boolean },
): boolean {
  if (annotations[ANNOTATIONS.assumeRole.key] !== undefined) return true;
  return fluxAlias && Boolean(annotations[FOREIGN_KEYS.fluxAssumeRole]);
}

/** The accounts that the field `serviceAccount` names, by `<namespace>/<name>`; one that isn't in it doesn't exist. */
export type OtherAccounts = ReadonlyMap<string, ServiceAccount>;

/** Namespace and name of the account whose identity a role takes; undefined where it is the pod's own. */
export function otherAccountOf(
  { serviceAccount }: Pick<RoleSpec, 'serviceAccount'>,
  account: ServiceAccount,
): { readonly namespace: string; readonly name: string } | undefined {
  if (!serviceAccount) return undefined;
  return { namespace: serviceAccount.namespace ?? account.namespace, name: serviceAccount.name };
}

/** The accounts that must be looked up before a decision on this one. */
export function otherAccountsOf(
  roles: readonly RoleSpec[],
  account: ServiceAccount,
): { readonly namespace: string; readonly name: string }[] {
  const named = roles.flatMap((role) => otherAccountOf(role, account) ?? []);
  return [...new Map(named.map((other) => [`${other.namespace}/${other.name}`, other])).values()];
}

/** The account whose `eks.amazonaws.com/...` annotations are the base identity of the role. */
export function identityOf(
  role: Pick<RoleSpec, 'serviceAccount'>,
  account: ServiceAccount,
  others: OtherAccounts,
): ServiceAccount | undefined {
  const other = otherAccountOf(role, account);
  return other ? others.get(`${other.namespace}/${other.name}`) : account;
}

/** The role's `startup`, or that of roles that write none. */
export function startupOf(
  { startup }: Pick<RoleSpec, 'startup'>,
  { startup: byDefault }: { readonly startup: Startup },
): Startup {
  return startup ?? byDefault;
}

/** Whether the chain starts at a base identity: web identity alone needs none. */
export function usesBase({ webIdentity }: Pick<RoleSpec, 'webIdentity'>): boolean {
  return webIdentity !== 'only';
}
