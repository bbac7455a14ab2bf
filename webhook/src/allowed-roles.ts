/**
 * Which roles a namespace allows: its annotation `rolechain.io/allowed-roles`, and the setting
 * `allowedRolesPolicy`. It guides and does not guard: who may create pods with an account can use that account's
 * base identity without us.
 */
import { ANNOTATIONS, arnLike, type RoleSpec } from '@rolechain/shared';

/** Why one role of a chain is allowed: the pattern that it matches, or none where nothing had to match. */
export interface Allowance {
  readonly role: string;
  readonly arn: string;
  readonly pattern?: string;
}

export type Allowed =
  { readonly ok: true; readonly allowances: readonly Allowance[] } | { readonly ok: false; readonly why: string };

/**
 * Looks at the target and every hop of every role; base roles are not matched. `patterns` is the annotation's
 * value, undefined where the Namespace has none; one that is there and empty allows nothing.
 */
export function allowedRoles(
  roles: readonly RoleSpec[],
  namespace: string,
  patterns: string | undefined,
  policy: 'optional' | 'required',
): Allowed {
  const arns = roles.flatMap((role) => [...role.via, role].map(({ roleARN: arn }) => ({ role: role.name, arn })));
  const { key } = ANNOTATIONS.allowedRoles;
  if (patterns === undefined) {
    if (policy === 'optional') return { ok: true, allowances: arns };
    return { ok: false, why: `the setting allowedRolesPolicy is required, and Namespace ${namespace} has no ${key}` };
  }
  const list = patterns.split(/\s+/).filter((pattern) => pattern !== '');
  const judged = arns.map((at) => ({ ...at, pattern: list.find((pattern) => arnLike(pattern, at.arn)) }));
  const denied = judged.filter(({ pattern }) => pattern === undefined).map(({ arn }) => arn);
  if (denied.length === 0) return { ok: true, allowances: judged as Allowance[] };
  const allows = list.length === 0 ? 'nothing' : list.join(' ');
  return { ok: false, why: `${[...new Set(denied)].join(', ')}; Namespace ${namespace} allows ${allows}` };
}
