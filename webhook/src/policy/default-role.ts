/**
 * A Namespace's default role: its annotation `rolechain.io/assume-role`, for the ServiceAccounts that have none (adr/0017).
 * manifests/components/default-role/guard.yaml says the same in CEL; test/guard/default-role holds both against each other. Pure.
 */
import { ANNOTATIONS, FOREIGN_KEYS, NO_ROLE, isNameGlob, matchesNameGlob } from '@rolechain/shared';
import { sizeProblem } from '../objects/annotation-limits.ts';
import type { Annotations } from '../objects/annotations.ts';
import { hasOwnAnnotation, type ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';

const ROLE = ANNOTATIONS.assumeRole.key;
const ACCOUNTS = ANNOTATIONS.assumeRoleAccounts.key;

/** The settings that are read, known before the Region is. */
export type DefaultRoleSettings = Partial<Pick<DecideSettings, 'namespaceDefaultRole' | 'fluxAlias'>>;

/** Whether a default can hold for the account at all: only then need its Namespace be known. */
export function mayHaveDefaultRole(account: ServiceAccount | undefined, settings: DefaultRoleSettings): boolean {
  return settings.namespaceDefaultRole === true && account !== undefined && !hasOwnAnnotation(account, settings);
}

/**
 * The account with its Namespace's annotation in the place of one of its own, where that holds for it; any other as it is.
 * `namespace`: the Namespace's annotations. No input throws.
 */
export function withDefaultRole(
  account: ServiceAccount,
  namespace: Annotations,
  settings: DefaultRoleSettings,
): ServiceAccount {
  const text = namespace[ROLE];
  if (text === undefined || text === NO_ROLE || !mayHaveDefaultRole(account, settings)) return account;
  if (!isSelected(account, namespace[ACCOUNTS])) return account;
  return { ...account, annotations: { ...account.annotations, [ROLE]: text }, byDefault: true };
}

/** With a base role of its own an account must be named: a default would change its identity unseen. */
function isSelected({ name, annotations }: ServiceAccount, text: string | undefined): boolean {
  const globs = accountGlobs(text).filter(isNameGlob);
  if (annotations[FOREIGN_KEYS.eksRoleARN] !== undefined) return globs.includes(name);
  return globs.some((glob) => matchesNameGlob(glob, name));
}

/** The words of the annotation's value, globs or not, `*` where it is absent; none of one that is over its limit. */
export function accountGlobs(text = '*'): string[] {
  if (sizeProblem({ [ACCOUNTS]: text }, ACCOUNTS, 'Namespace')) return [];
  return text.split(/[ \t\r\n]+/).filter((word) => word !== '');
}
