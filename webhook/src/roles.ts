/** What a ServiceAccount asks for, read with what only the account and the settings together can say. */
import {
  ANNOTATIONS,
  DEFAULT_ROLE,
  FOREIGN_KEYS,
  parseAssumeRole,
  isKnownPartition,
  parseRoleARN,
  partitionOf,
  placeholdersOf,
  problem,
  readAnnotation,
  type AnnotationRead,
  type Problem,
  type RoleSpec,
} from '@rolechain/shared';
import type { DecideSettings } from './settings.ts';

/** What is kept of a ServiceAccount: the annotations that are read. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The keys of `ServiceAccount.annotations`; a cache keeps no others. */
export const ACCOUNT_KEYS: readonly string[] = [
  ANNOTATIONS.assumeRole.key,
  FOREIGN_KEYS.fluxAssumeRole,
  FOREIGN_KEYS.eksRoleARN,
  FOREIGN_KEYS.eksAudience,
];

/** The annotation that counts, read; undefined when the account asks for nothing. */
export function readAccount(
  { annotations }: ServiceAccount,
  { fluxAlias }: Pick<DecideSettings, 'fluxAlias'>,
): AnnotationRead | undefined {
  const { [ANNOTATIONS.assumeRole.key]: ours, [FOREIGN_KEYS.fluxAssumeRole]: flux } = annotations;
  return readAnnotation({ ours, flux, fluxEnabled: fluxAlias });
}

/** Whether the account asks for a role at all, valid or not. */
export function asksForRole(
  account: ServiceAccount | undefined,
  { fluxAlias = false }: { readonly fluxAlias?: boolean },
): account is ServiceAccount {
  if (account?.annotations[ANNOTATIONS.assumeRole.key] !== undefined) return true;
  return fluxAlias && Boolean(account?.annotations[FOREIGN_KEYS.fluxAssumeRole]);
}

/** The accounts that the field `serviceAccount` names, by `<namespace>/<name>`; one that isn't in it doesn't exist. */
export type OtherAccounts = ReadonlyMap<string, ServiceAccount>;

/** Namespace and name of the account whose identity a role takes; undefined where it is the pod's own. */
export function otherAccountOf(
  { serviceAccount }: RoleSpec,
  account: ServiceAccount,
): { readonly namespace: string; readonly name: string } | undefined {
  if (!serviceAccount) return undefined;
  return { namespace: serviceAccount.namespace ?? account.namespace, name: serviceAccount.name };
}

/** The accounts that must be looked up before a decision on this one. An invalid annotation names none. */
export function otherAccountsOf(account: ServiceAccount): { readonly namespace: string; readonly name: string }[] {
  const parsed = parseAssumeRole(account.annotations[ANNOTATIONS.assumeRole.key] ?? '');
  const named = parsed.ok ? parsed.value.flatMap((role) => otherAccountOf(role, account) ?? []) : [];
  return [...new Map(named.map((other) => [`${other.namespace}/${other.name}`, other])).values()];
}

/** The account whose `eks.amazonaws.com/...` annotations are the base identity of the role. */
export function identityOf(role: RoleSpec, account: ServiceAccount, others: OtherAccounts): ServiceAccount | undefined {
  const other = otherAccountOf(role, account);
  return other ? others.get(`${other.namespace}/${other.name}`) : account;
}

/** Whether the chain starts at a base identity: web identity alone needs none. */
export function usesBase({ webIdentity }: RoleSpec): boolean {
  return webIdentity !== 'only';
}

/** Where in the document a role stands. */
export function pathOf({ name }: RoleSpec): string {
  return name === DEFAULT_ROLE ? '' : `roles.${name}.`;
}

/** What contradicts the account's other annotations, other accounts, or the settings. */
export function accountProblems(
  role: RoleSpec,
  account: ServiceAccount,
  settings: DecideSettings,
  others: OtherAccounts,
): Problem[] {
  return [
    ...(usesBase(role) ? baseProblems(role, account, others) : missingAccount(role, account, others)),
    ...clusterProblems(role, settings),
    ...regionProblems(role, account, settings, others),
  ];
}

function baseProblems(role: RoleSpec, account: ServiceAccount, others: OtherAccounts): Problem[] {
  const missing = missingAccount(role, account, others);
  if (missing.length > 0) return missing;
  const { credentialSource, serviceAccount } = role;
  const base = identityOf(role, account, others)?.annotations[FOREIGN_KEYS.eksRoleARN];
  const path = pathOf(role);
  if (base === undefined && (serviceAccount || credentialSource === 'irsa')) {
    const field = serviceAccount ? 'serviceAccount' : 'credentialSource';
    const whose = serviceAccount
      ? 'names an account that has no base role'
      : 'is irsa, but the account has no base role';
    const fix = `annotate ${serviceAccount ? 'that' : 'the'} account with ${FOREIGN_KEYS.eksRoleARN}`;
    return [problem('FieldConflict', path + field, whose, fix)];
  }
  const reads = credentialSource === 'irsa' || credentialSource === 'auto';
  if (!reads || base === undefined || parseRoleARN(base)) return [];
  const fix = serviceAccount ? 'correct it there' : 'correct it, or set credentialSource: pod-identity';
  return [problem('FieldOutOfRange', FOREIGN_KEYS.eksRoleARN, 'is no role ARN', fix)];
}

function missingAccount(role: RoleSpec, account: ServiceAccount, others: OtherAccounts): Problem[] {
  const other = otherAccountOf(role, account);
  if (!other || others.has(`${other.namespace}/${other.name}`)) return [];
  const text = `is ${other.namespace}/${other.name}, which does not exist`;
  return [problem('FieldConflict', `${pathOf(role)}serviceAccount`, text, 'create that account, or correct the name')];
}

/** Sessions don't cross partitions; what the document doesn't write comes from the settings and the base role. */
function regionProblems(
  role: RoleSpec,
  account: ServiceAccount,
  settings: DecideSettings,
  others: OtherAccounts,
): Problem[] {
  const partition = parseRoleARN(role.roleARN)?.partition;
  if (partition === undefined || !isKnownPartition(partition)) return [];
  const path = pathOf(role);
  const found: Problem[] = [];
  const inherits = role.region === undefined && [...role.via, role].some(({ stsRegion }) => stsRegion === undefined);
  if (inherits && partitionOf(settings.region) !== partition) {
    const text = `is missing, and the webhook's Region ${settings.region} is of another partition than ${partition}`;
    found.push(problem('FieldConflict', `${path}region`, text, 'write a Region of that partition'));
  }
  const base = usesBase(role) ? identityOf(role, account, others)?.annotations[FOREIGN_KEYS.eksRoleARN] : undefined;
  const from = base === undefined ? undefined : parseRoleARN(base)?.partition;
  if (
    from !== undefined &&
    from !== partition &&
    role.credentialSource !== 'pod-identity' &&
    role.credentialSource !== 'environment'
  ) {
    found.push(
      problem(
        'FieldConflict',
        `${path}roleARN`,
        `is of partition ${partition}, but the base role is of ${from}`,
        'choose roles of one partition',
      ),
    );
  }
  return found;
}

function clusterProblems(role: RoleSpec, { cluster }: DecideSettings): Problem[] {
  if (cluster !== undefined) return [];
  const path = pathOf(role);
  const hops = [...role.via.map((hop, index) => ({ hop, at: `${path}via.${index}.` })), { hop: role, at: path }];
  return hops
    .filter(({ hop }) => placeholdersOf(hop.sessionName).includes('cluster'))
    .map(({ at }) =>
      problem(
        'FieldConflict',
        `${at}sessionName`,
        "names {cluster}, but the webhook's setting cluster is empty",
        'leave {cluster} out, or ask the admin to set it',
      ),
    );
}
