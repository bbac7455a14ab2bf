/** From a role as it was written to the sidecar's configuration: every default resolved. */
import {
  AUDIENCE,
  FOREIGN_KEYS,
  present,
  type HopConfig,
  type HopSpec,
  type NothingElse,
  type RoleConfig,
  type RoleSpec,
  type SecretKeyRef,
  type SidecarConfig,
  type SourceConfig,
  type TokenConfig,
} from '@rolechain/shared';
import {
  usesBase,
  identityOf,
  otherAccountOf,
  grammarOf,
  startupOf,
  type OtherAccounts,
  type ServiceAccount,
} from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';

/** The sidecar's whole configuration. The roles have no `accountProblems`. */
export function sidecarConfig(
  roles: readonly RoleSpec[],
  account: ServiceAccount,
  settings: DecideSettings,
  others: OtherAccounts,
  ports: SidecarConfig['ports'],
): SidecarConfig {
  const grammar = grammarOf(account);
  const { cluster, agentEndpoints, stsEndpoint, useFIPSEndpoint, useDualstackEndpoint } = settings;
  return present<SidecarConfig>({
    version: 1,
    grammar: grammar === 'rolechain' ? undefined : grammar,
    namespace: account.namespace,
    serviceAccount: account.name,
    cluster,
    ports,
    agentEndpoints,
    stsEndpoint,
    useFIPSEndpoint: useFIPSEndpoint ? true : undefined,
    useDualstackEndpoint: useDualstackEndpoint ? true : undefined,
    roles: Object.fromEntries(roles.map((role) => [role.name, roleConfig(role, account, settings, others)])),
  });
}

/** A role as the sidecar's configuration has it. The role has no `accountProblems`. */
export function roleConfig(
  role: RoleSpec,
  account: ServiceAccount,
  settings: DecideSettings,
  others: OtherAccounts,
): RoleConfig {
  // The name is the key of the configuration; the hop's own fields are read by `hopConfig`.
  const {
    region,
    via,
    sourceIdentity,
    credentialSource,
    serviceAccount,
    webIdentity,
    startup,
    ...unread
  }: Omit<RoleSpec, keyof HopSpec | 'name'> = role;
  const _none: NothingElse = unread;
  const base = { credentialSource, serviceAccount };
  const stsRegion = role.stsRegion ?? region ?? settings.region;
  const token = tokenConfig(base, account, others);
  return present<RoleConfig>({
    source: usesBase({ webIdentity }) ? sourceConfig(base, account, stsRegion, token, others) : undefined,
    webIdentity: webIdentity === 'never' ? undefined : { mode: webIdentity, token },
    startup: startupOf({ startup }, settings),
    // The patch chooses it.
    token: undefined,
    // An inherited source identity can't be set again, so the first call alone sends it (STS API reference, AssumeRole).
    hops: [...via, role].map((hop, index) => hopConfig(hop, stsRegion, index === 0 ? sourceIdentity : undefined)),
  });
}

/** Absent is the same as empty, and shorter. */
function hopConfig(hop: HopSpec, region: string, sourceIdentity: string | undefined): HopConfig {
  const { roleARN, externalID, externalIDFrom, sessionName, durationSeconds, stsRegion = region, ...rest } = hop;
  const { tags, transitiveTagKeys, policy, policyARNs, ...unread } = rest;
  const _none: NothingElse = unread;
  return present<HopConfig>({
    roleARN,
    externalID,
    externalIDFrom: externalIDFrom?.secretKeyRef,
    sessionName,
    durationSeconds,
    stsRegion,
    tags: Object.keys(tags).length === 0 ? undefined : tags,
    transitiveTagKeys: transitiveTagKeys.length === 0 ? undefined : transitiveTagKeys,
    policy,
    policyARNs: policyARNs.length === 0 ? undefined : policyARNs,
    sourceIdentity,
  });
}

type Base = Pick<RoleSpec, 'credentialSource' | 'serviceAccount'>;

function sourceConfig(
  base: Base,
  account: ServiceAccount,
  stsRegion: string,
  token: TokenConfig,
  others: OtherAccounts,
): SourceConfig {
  const roleARN = identityOf(base, account, others)?.annotations[FOREIGN_KEYS.eksRoleARN];
  if (base.serviceAccount || base.credentialSource === 'irsa') {
    return { type: 'irsa', roleARN: roleARN ?? '', stsRegion, token };
  }
  if (base.credentialSource === 'auto') {
    return { type: 'auto', ...(roleARN === undefined ? {} : { roleARN }), stsRegion };
  }
  return { type: base.credentialSource };
}

function tokenConfig(base: Base, account: ServiceAccount, others: OtherAccounts): TokenConfig {
  const other = otherAccountOf(base, account);
  if (!other) return { type: 'projected' };
  const { namespace, name } = other;
  return { type: 'token-request', namespace, name, audience: audienceOf(identityOf(base, account, others)) };
}

function audienceOf(account: ServiceAccount | undefined): string {
  return account?.annotations[FOREIGN_KEYS.eksAudience] ?? AUDIENCE.irsa;
}

/** The volumes that the sidecar needs for these roles. */
export function baseIdentity(
  roles: readonly RoleConfig[],
  account: ServiceAccount,
  settings: DecideSettings,
): VolumeNeeds {
  const sources = roles.flatMap(({ source }) => source ?? []);
  const tokens = [
    ...sources.flatMap((source) => (source.type === 'irsa' ? source.token : [])),
    ...roles.flatMap(({ webIdentity }) => webIdentity?.token ?? []),
  ];
  const projected =
    tokens.some(({ type }) => type === 'projected') ||
    sources.some((source) => source.type === 'auto' && source.roleARN !== undefined);
  return {
    podIdentity: sources.some(({ type }) => type === 'auto' || type === 'pod-identity'),
    irsaAudience: projected ? audienceOf(account) : undefined,
    environmentSecret: sources.some(({ type }) => type === 'environment')
      ? settings.environmentSource.secretName
      : undefined,
    externalIDs: distinct(roles.flatMap(({ hops }) => hops.flatMap(({ externalIDFrom }) => externalIDFrom ?? []))),
    apiAccess: tokens.some(({ type }) => type === 'token-request'),
  };
}

function distinct(keys: readonly SecretKeyRef[]): SecretKeyRef[] {
  return [...new Map(keys.map((key) => [`${key.name}/${key.key}`, key])).values()];
}

/** The volumes that a configuration needs in the sidecar: those of the base identity, and of external IDs. */
export interface VolumeNeeds {
  readonly podIdentity: boolean;
  /** Audience of the IRSA token; absent when no role uses IRSA. */
  readonly irsaAudience?: string | undefined;
  /** Secret behind `credentialSource: environment`; absent when no role uses it. */
  readonly environmentSecret?: string | undefined;
  /** Keys of Secrets behind `externalIDFrom`, each once. */
  readonly externalIDs: readonly SecretKeyRef[];
  /** Whether a role takes another ServiceAccount's identity, by the pod's own rights in the API. */
  readonly apiAccess: boolean;
}
