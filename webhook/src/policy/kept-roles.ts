/** What a write does to the pods that run: they keep the roles that they started with. Pure. */
import { isDeepStrictEqual } from 'node:util';
import {
  ANNOTATIONS,
  NO_ROLE,
  isNameGlob,
  parseAssumeRole,
  warningText,
  type Result,
  type RoleSpec,
} from '@rolechain/shared';
import { accountGlobs, withDefaultRole } from './default-role.ts';
import { mayAsk } from './lock-down.ts';
import { UNKEPT, type Judgements } from './judgements.ts';
import type { Annotations } from '../objects/annotations.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';

/** A ServiceAccount that is updated, as it was and as it is about to be. */
export interface AccountChange {
  readonly before: ServiceAccount;
  readonly after: ServiceAccount;
}

/** The annotations of a Namespace that is updated. */
export interface NamespaceChange {
  readonly before: Annotations;
  readonly after: Annotations;
}

/** Where other roles are meant than before. `namespace`: the Namespace's annotations, where a default role may hold. */
export function keptRolesOfAccount(
  { before, after }: AccountChange,
  namespace: Annotations,
  settings: DecideSettings,
  { readAccount }: Pick<Judgements, 'readAccount'> = UNKEPT,
): readonly string[] {
  // Its pods were refused, and are.
  if (!mayAsk(after, settings)) return [];
  const meaning = (account: ServiceAccount): unknown =>
    meaningOf(readAccount(withDefaultRole(account, namespace, settings), settings)?.roles);
  return told(meaning(before), meaning(after));
}

/** Where the default role is another one, or for other ServiceAccounts. */
export function keptRolesOfNamespace({ before, after }: NamespaceChange, settings: DecideSettings): readonly string[] {
  if (!settings.namespaceDefaultRole) return [];
  const meaning = (annotations: Annotations): unknown => {
    const { [ANNOTATIONS.assumeRole.key]: text = NO_ROLE, [ANNOTATIONS.assumeRoleAccounts.key]: accounts } =
      annotations;
    const roles = text === NO_ROLE ? undefined : meaningOf(parseAssumeRole(text));
    return roles && [roles, [...new Set(accountGlobs(accounts).filter(isNameGlob))].toSorted()];
  };
  return told(meaning(before), meaning(after));
}

const told = (before: unknown, after: unknown): readonly string[] =>
  isDeepStrictEqual(before, after) ? [] : [warningText('PodsKeepRoles')];

/**
 * What is the same however it is written: an order of roles, or of ARNs and keys of a list, says nothing. Undefined: no role.
 * What is invalid has given no pod one.
 */
function meaningOf(roles: Result<readonly RoleSpec[]> | undefined): object | undefined {
  return roles?.ok ? Object.fromEntries(roles.value.map((role) => [role.name, unordered(role)])) : undefined;
}

function unordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    const all: readonly unknown[] = value.map(unordered);
    return all.every((one) => typeof one === 'string') ? all.toSorted() : all;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unordered(one)]));
}
