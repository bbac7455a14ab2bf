/** What a ServiceAccount asks for, read with what only the account and the settings together can say. */
import {
  DEFAULT_ROLE,
  FOREIGN_KEYS,
  LIMITS,
  baseRoleProblems,
  chainOf,
  clusterProblems,
  isKnownPartition,
  isRegion,
  parseRoleARN,
  partitionOf,
  problem,
  type EksWebhook,
  type Problem,
  type RoleSpec,
} from '@rolechain/shared';
import type { DecideSettings } from '../settings/settings.ts';
import {
  identityOf,
  otherAccountOf,
  usesBase,
  type OtherAccounts,
  type ServiceAccount,
} from '../objects/service-account.ts';

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
    ...otherAccountProblems(role, account, others, settings.eks),
    ...audienceProblems(role, account, others, settings.eks),
    ...(usesBase(role) ? baseProblems(role, account, others, settings.eks) : []),
    ...clusterProblems(chainOf(pathOf(role), role), settings.cluster),
    ...regionProblems(role, settings),
  ];
}

/** The account of the field `serviceAccount`, and the audience that its token is asked for. */
function otherAccountProblems(
  role: RoleSpec,
  account: ServiceAccount,
  others: OtherAccounts,
  { keys }: EksWebhook,
): Problem[] {
  const other = otherAccountOf(role, account);
  if (!other) return [];
  const found = others.get(`${other.namespace}/${other.name}`);
  if (!found) {
    const text = `is ${other.namespace}/${other.name}, which does not exist`;
    return [
      problem('FieldConflict', `${pathOf(role)}serviceAccount`, text, 'create that account, or correct the name'),
    ];
  }
  if (found.annotations[FOREIGN_KEYS.eksAudience] !== '') return [];
  const where = `of ${other.namespace}/${other.name} is empty`;
  return [problem('FieldOutOfRange', keys.audience, where, 'write an audience there, or take it away')];
}

/** It goes into the pod as it is. */
function audienceProblems(
  role: RoleSpec,
  account: ServiceAccount,
  others: OtherAccounts,
  { keys }: EksWebhook,
): Problem[] {
  const audience = identityOf(role, account, others)?.annotations[FOREIGN_KEYS.eksAudience] ?? '';
  if (audience.length <= LIMITS.audienceMax) return [];
  const text = `has more than ${LIMITS.audienceMax} characters, its limit`;
  return [problem('FieldOutOfRange', keys.audience, text, 'write a shorter audience')];
}

function baseProblems(role: RoleSpec, account: ServiceAccount, others: OtherAccounts, { keys }: EksWebhook): Problem[] {
  const { credentialSource, serviceAccount } = role;
  const identity = identityOf(role, account, others);
  // Told by otherAccountProblems.
  if (!identity) return [];
  const { [FOREIGN_KEYS.eksRoleARN]: arn, [FOREIGN_KEYS.eksAudience]: audience = '' } = identity.annotations;
  const path = pathOf(role);
  if (arn === undefined && (serviceAccount || credentialSource === 'irsa')) {
    const field = serviceAccount ? 'serviceAccount' : 'credentialSource';
    const whose = serviceAccount
      ? 'names an account that has no base role'
      : 'is irsa, but the account has no base role';
    const fix = `annotate ${serviceAccount ? 'that' : 'the'} account with ${keys.roleARN}`;
    return [problem('FieldConflict', path + field, whose, fix)];
  }
  const reads = credentialSource === 'irsa' || credentialSource === 'auto';
  if (!reads || arn === undefined) return [];
  if (audience.length > LIMITS.audienceChars) {
    return [problem('FieldOutOfRange', keys.audience, `has more than ${LIMITS.audienceChars} characters`)];
  }
  const ofOther = serviceAccount !== undefined;
  return baseRoleProblems(chainOf(path, role), { arn, path: keys.roleARN, ofOther });
}

/** The Region that the document doesn't write comes from the settings. */
export function regionProblems(role: RoleSpec, { region }: Pick<DecideSettings, 'region'>): Problem[] {
  if (role.region !== undefined || role.stsRegion !== undefined) return [];
  const missing = (text: string, fix: string): Problem[] => [
    problem('FieldConflict', `${pathOf(role)}region`, `is missing, and the webhook's Region ${region} ${text}`, fix),
  ];
  if (!isRegion(region)) return missing('is not an AWS Region', 'write one, or ask the admin to set it');
  const partition = parseRoleARN(role.roleARN)?.partition;
  if (partition === undefined || !isKnownPartition(partition) || partitionOf(region) === partition) return [];
  return missing(`is of another partition than ${partition}`, 'write a Region of that partition');
}
