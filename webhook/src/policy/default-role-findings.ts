/** What is said of a Namespace's default role when the Namespace is written: no account is known then. Pure. */
import {
  ANNOTATIONS,
  LIMITS,
  NO_ROLE,
  chainOf,
  clusterProblems,
  formatProblems,
  isNameGlob,
  matchesNameGlob,
  parseAssumeRole,
  problem,
  show,
  type Problem,
} from '@rolechain/shared';
import { allowedRoles } from './allowed-roles.ts';
import { accountGlobs } from './default-role.ts';
import type { Finding } from './findings.ts';
import { lockDownFindings, withAllowedSource } from './lock-down.ts';
import { pathOf, regionProblems } from './service-account-rules.ts';
import { withTags } from './session-tags.ts';
import { writtenWarnings } from './service-account-warnings.ts';
import { sizeProblem } from '../objects/annotation-limits.ts';
import type { Annotations } from '../objects/annotations.ts';
import { truncate } from '../objects/truncate.ts';
import type { DecideSettings } from '../settings/settings.ts';

/** A Namespace as it is about to be. */
export interface WrittenNamespace {
  readonly name: string;
  readonly annotations: Annotations;
  /** The default role is new or changed; what is stored stops no write. */
  readonly isNewRole: boolean;
}

/** What the changed annotations of a Namespace come to. */
export interface NamespaceFindings {
  readonly refusing: readonly Finding[];
  readonly warnings: readonly string[];
}

const ROLE = ANNOTATIONS.assumeRole.key;
const ACCOUNTS = ANNOTATIONS.assumeRoleAccounts.key;
const OFF = `${ROLE} on a Namespace has no effect: the setting namespaceDefaultRole is off. Ask the admin to turn it on`;

/** What all ServiceAccounts under this default would be refused for, and what is legal and unwise. */
export function defaultRoleFindings(
  { name, annotations, isNewRole }: WrittenNamespace,
  settings: DecideSettings,
): NamespaceFindings {
  const text = annotations[ROLE];
  if (text === undefined || text === NO_ROLE) return { refusing: [], warnings: [] };
  const isOn = settings.namespaceDefaultRole;
  const forNobody = isOn ? notAllowed(name, annotations[ACCOUNTS], settings) : [];
  if (!isNewRole) return { refusing: [], warnings: forNobody };
  const off = isOn ? [] : [OFF];
  const parsed = parseAssumeRole(text);
  if (!parsed.ok) return { refusing: [invalid(parsed.problems)], warnings: off };
  const sourced = parsed.value.map((role) => withAllowedSource(role, settings));
  // Of the shortest name: what is told of it holds for all.
  const tagged = withTags(sourced, { namespace: name, name: 'x', annotations: {} }, settings);
  const { roles } = tagged;
  const problems = [
    ...tagged.problems,
    ...roles.flatMap((role) => [
      ...clusterProblems(chainOf(pathOf(role), role), settings.cluster),
      ...regionProblems(role, settings),
    ]),
  ];
  const patterns = annotations[ANNOTATIONS.allowedRoles.key];
  const allowed = allowedRoles(roles, name, patterns, settings.allowedRolesPolicy);
  return {
    refusing: [
      ...lockDownFindings(roles, { namespace: name }, settings),
      ...tagged.findings,
      ...(problems.length > 0 ? [invalid(problems)] : []),
      // Patterns that are not valid are told by their own annotation.
      ...(allowed.ok || allowed.reason !== 'RoleNotAllowed' ? [] : [{ reason: allowed.reason, detail: allowed.why }]),
    ],
    warnings: [...off, ...forNobody, ...parsed.warnings, ...tagged.warnings, ...writtenWarnings(roles, 'Namespace')],
  };
}

/**
 * Globs of the list whose accounts the admin lets ask for no role, or not all of them. One setting's glob that matches another
 * glob as a text matches all that this one matches.
 */
function notAllowed(
  namespace: string,
  list: string | undefined,
  { allowedServiceAccounts }: Pick<DecideSettings, 'allowedServiceAccounts'>,
): readonly string[] {
  const names = allowedServiceAccounts.filter((allowed) => matchesNameGlob(allowed.namespace, namespace));
  const isAllowed = (glob: string): boolean => names.some(({ name }) => matchesNameGlob(name, glob));
  const globs = accountGlobs(list).filter(isNameGlob);
  const beyond = globs.filter((glob) => !isAllowed(glob));
  if (beyond.length === 0) return [];
  const whom = `${truncate(beyond)} in ${ACCOUNTS}${list === undefined ? ', its default,' : ''}`;
  return [
    `${whom} is for ServiceAccounts that the setting allowedServiceAccounts does not list: their pods are skipped. Ask the admin to list them, or name others [DefaultNotAllowed]`,
  ];
}

function invalid(problems: readonly Problem[]): Finding {
  return { reason: 'DefaultRoleInvalid', detail: `${ROLE}: ${formatProblems(problems)}` };
}

/** What is wrong with the list of accounts: a stored word that is not a glob matches no account, and stops no pod. */
export function accountGlobProblems(text: string): readonly Problem[] {
  const over = sizeProblem({ [ACCOUNTS]: text }, ACCOUNTS, 'Namespace');
  if (over) return [over];
  return accountGlobs(text)
    .filter((word) => !isNameGlob(word))
    .slice(0, LIMITS.placesNamed)
    .map((word) => problem('FieldOutOfRange', ACCOUNTS, `has ${show(word)}, which matches no name`, FIX));
}

const FIX = 'write names of ServiceAccounts (a-z, 0-9, - and .), with * for any text, separated by spaces';
