/** From a ServiceAccount's annotation to the sidecar's configuration: what the account asks for, resolved. */
import {
  ANNOTATIONS,
  AUDIENCE,
  FOREIGN_KEYS,
  parseAssumeRole,
  parseRoleARN,
  placeholdersOf,
  problem,
  type Checked,
  type Problem,
  type RoleConfig,
  type RoleSpec,
  type SourceConfig,
} from '@rolechain/shared';
import type { BaseIdentity } from './injection.ts';
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
  FOREIGN_KEYS.eksRoleARN,
  FOREIGN_KEYS.eksAudience,
];

/** The account's roles, with what only the account and the settings together can say checked too. */
export function readRoles(account: ServiceAccount, settings: DecideSettings): Checked<readonly RoleSpec[]> {
  const parsed = parseAssumeRole(account.annotations[ANNOTATIONS.assumeRole.key] ?? '');
  if (!parsed.ok) return parsed;
  const problems = parsed.value.flatMap((role) => roleProblems(role, account, settings));
  return problems.length > 0 ? { ok: false, problems } : parsed;
}

function roleProblems(role: RoleSpec, account: ServiceAccount, settings: DecideSettings): Problem[] {
  const found: Problem[] = [];
  const base = account.annotations[FOREIGN_KEYS.eksRoleARN];
  const usesBase = role.credentialSource === 'irsa' || role.credentialSource === 'auto';
  if (role.credentialSource === 'irsa' && base === undefined) {
    const fix = `annotate the account with ${FOREIGN_KEYS.eksRoleARN}`;
    found.push(problem('FieldConflict', 'credentialSource', 'is irsa, but the account has no base role', fix));
  }
  if (usesBase && base !== undefined && parseRoleARN(base) === undefined) {
    found.push(
      problem(
        'FieldOutOfRange',
        FOREIGN_KEYS.eksRoleARN,
        'is no role ARN',
        'correct it, or set credentialSource: pod-identity',
      ),
    );
  }
  if (placeholdersOf(role.sessionName).includes('cluster') && settings.cluster === undefined) {
    found.push(
      problem(
        'FieldConflict',
        'sessionName',
        "names {cluster}, but the webhook's setting cluster is empty",
        'leave {cluster} out, or ask the admin to set it',
      ),
    );
  }
  return found;
}

/** A role as the sidecar's configuration has it. */
export function roleConfig(role: RoleSpec, account: ServiceAccount, settings: DecideSettings): RoleConfig {
  const stsRegion = role.stsRegion ?? role.region ?? settings.region;
  const { roleARN, externalID, sessionName, durationSeconds, startup } = role;
  const hop = { roleARN, ...(externalID === undefined ? {} : { externalID }), sessionName, durationSeconds, stsRegion };
  return { source: sourceConfig(role, account, stsRegion), startup, hops: [hop] };
}

function sourceConfig(role: RoleSpec, account: ServiceAccount, stsRegion: string): SourceConfig {
  const roleARN = account.annotations[FOREIGN_KEYS.eksRoleARN];
  switch (role.credentialSource) {
    case 'irsa':
      return { type: 'irsa', roleARN: roleARN ?? '', stsRegion };
    case 'auto':
      return { type: 'auto', ...(roleARN === undefined ? {} : { roleARN }), stsRegion };
    default:
      return { type: role.credentialSource };
  }
}

/** The base identity's volumes that these roles need. */
export function baseIdentity(
  roles: readonly RoleConfig[],
  account: ServiceAccount,
  settings: DecideSettings,
): BaseIdentity {
  const sources = roles.map(({ source }) => source);
  const irsa = sources.some(
    (source) => (source.type === 'irsa' || source.type === 'auto') && source.roleARN !== undefined,
  );
  return {
    podIdentity: sources.some(({ type }) => type === 'auto' || type === 'pod-identity'),
    irsaAudience: irsa ? (account.annotations[FOREIGN_KEYS.eksAudience] ?? AUDIENCE.irsa) : undefined,
    environmentSecret: sources.some(({ type }) => type === 'environment')
      ? settings.environmentSource.secretName
      : undefined,
  };
}
