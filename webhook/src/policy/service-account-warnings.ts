/** What is legal and unwise in an account's annotation. Shown when the account is written, not at every pod. */
import { FOREIGN_KEYS, type RoleSpec } from '@rolechain/shared';
import { pathOf } from './service-account-rules.ts';
import type { ServiceAccount } from '../objects/service-account.ts';

/** One sentence each. The roles are those of an accepted account. */
export function accountWarnings(roles: readonly RoleSpec[], account: ServiceAccount): string[] {
  return roles.flatMap((role) => [...withoutBaseRole(role, account), ...writtenWarnings([role], 'ServiceAccount')]);
}

/** What the document alone shows; `on` is the kind of the object that has it. */
export function writtenWarnings(roles: readonly RoleSpec[], on: 'ServiceAccount' | 'Namespace'): string[] {
  return roles.flatMap((role) => [...externalIDInClear(role, on), ...repeatedTags(role)]);
}

function withoutBaseRole(role: RoleSpec, account: ServiceAccount): string[] {
  const { webIdentity, credentialSource, serviceAccount } = role;
  const maybe = credentialSource === 'auto' || credentialSource === 'pod-identity';
  if (webIdentity !== 'prefer' || !maybe || serviceAccount) return [];
  if (credentialSource === 'auto' && account.annotations[FOREIGN_KEYS.eksRoleARN] !== undefined) return [];
  return [
    `${pathOf(role)}webIdentity: prefer falls back to a base role, and the account names none: without a Pod Identity association there is no fallback`,
  ];
}

function externalIDInClear(role: RoleSpec, on: string): string[] {
  const path = pathOf(role);
  return steps(role)
    .filter(({ hop }) => hop.externalID !== undefined)
    .map(
      ({ at }) =>
        `${path}${at}externalID is stored in plain text; anyone who can read the ${on} can see it. externalIDFrom takes it from a Secret`,
    );
}

/** Legal where the earlier tag isn't transitive: the later session then has the later value alone. */
function repeatedTags(role: RoleSpec): string[] {
  const seen = new Map<string, string>();
  const warnings: string[] = [];
  for (const { hop, at } of steps(role)) {
    for (const key of Object.keys(hop.tags)) {
      const before = seen.get(key.toLowerCase());
      if (before !== undefined) {
        warnings.push(
          `${pathOf(role)}${at}tags sets ${key} again: the session of ${before} has it too, and neither inherits`,
        );
      }
      seen.set(key.toLowerCase(), hop.roleARN);
    }
  }
  return warnings;
}

function steps(role: RoleSpec): { readonly hop: RoleSpec['via'][number]; readonly at: string }[] {
  return [...role.via.map((hop, index) => ({ hop, at: `via.${index}.` })), { hop: role, at: '' }];
}
