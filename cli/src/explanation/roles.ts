/** A role's chain, hop by hop, with where each fact is from. Pure. */
import { FOREIGN_KEYS, type HopConfig, type RoleConfig, type RoleSpec, type SourceConfig } from '@rolechain/shared';
import { startupOf, type Accepted, type DecideSettings, type ServiceAccount } from '@rolechain/webhook';
import type { ExplainedHop, ExplainedRole } from '../report-schemas/explain.ts';

export interface RolesOf {
  readonly account: ServiceAccount;
  readonly accepted: Accepted;
  readonly settings: DecideSettings;
  readonly regionFrom: string;
  /** Names of the containers that hold a role. */
  readonly holders: (role: string) => readonly string[];
}

export function explainRoles(of: RolesOf): ExplainedRole[] {
  return of.accepted.roles.flatMap((role) => {
    const config = of.accepted.config.roles[role.name];
    return config ? [explainRole(role, config, of)] : [];
  });
}

function explainRole(role: RoleSpec, config: RoleConfig, of: RolesOf): ExplainedRole {
  const { name, region, credentialSource, webIdentity } = role;
  const allowances = of.accepted.allowances.filter((allowance) => allowance.role === name);
  return {
    name,
    containers: [...of.holders(name)],
    base: baseOf(config.source, credentialSource, of),
    hops: config.hops.map((hop, index) => hopOf(hop, allowances[index]?.pattern)),
    region:
      region === undefined ? { name: of.settings.region, from: of.regionFrom } : { name: region, from: 'field region' },
    webIdentity,
    startup: startupOf(role, of.settings),
  };
}

function hopOf(hop: HopConfig, pattern: string | undefined): ExplainedHop {
  const { roleARN, sessionName, durationSeconds, stsRegion, externalID, externalIDFrom, tags, transitiveTagKeys } = hop;
  const { sourceIdentity, policy, policyARNs = [] } = hop;
  const policies = [...(policy === undefined ? [] : ['inline']), ...policyARNs];
  return {
    ...{ roleARN, sessionName, durationSeconds, stsRegion },
    ...(externalID === undefined ? {} : { externalID: 'field externalID' }),
    ...(externalIDFrom === undefined
      ? {}
      : { externalID: `key ${externalIDFrom.key} of Secret ${externalIDFrom.name}` }),
    ...(tags === undefined ? {} : { tags: Object.entries(tags).map(([key, value]) => `${key}=${value}`) }),
    ...(transitiveTagKeys === undefined ? {} : { transitiveTagKeys: [...transitiveTagKeys] }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(policies.length > 0 ? { sessionPolicy: policies.join(', ') } : {}),
    ...(pattern === undefined ? {} : { allowedBy: pattern }),
  };
}

const AGENT = 'the EKS Pod Identity agent';

function baseOf(source: SourceConfig | undefined, written: string, of: RolesOf): ExplainedRole['base'] {
  const { account, settings } = of;
  const key = settings.eks.keys.roleARN;
  const onAccount = `annotation ${key} on ServiceAccount ${account.namespace}/${account.name}`;
  const field = `field credentialSource: ${written}`;
  if (!source)
    return {
      source: 'web-identity',
      text: "the pod's web identity token, without a base role",
      from: 'field webIdentity: only',
    };
  if (source.type === 'pod-identity') return { source: source.type, text: AGENT, from: field };
  if (source.type === 'environment') {
    const { secretName } = settings.environmentSource;
    return { source: source.type, text: `Secret ${secretName} of the pod's namespace`, from: field };
  }
  if (source.type === 'auto') {
    const { roleARN } = source;
    if (roleARN === undefined) return { source: 'auto', text: AGENT, from: `${field}, without ${onAccount}` };
    const sign = `label ${FOREIGN_KEYS.eksPodIdentityLabel} of the pod`;
    return {
      source: 'auto',
      text: `${roleARN} by IRSA; with the ${sign}, ${AGENT} first`,
      from: `${field}, ${onAccount}`,
    };
  }
  const { token, roleARN } = source;
  if (token.type === 'projected') return { source: 'irsa', text: `${roleARN} by IRSA`, from: `${field}, ${onAccount}` };
  const other = `ServiceAccount ${token.namespace}/${token.name}`;
  return {
    source: 'irsa',
    text: `${roleARN} by IRSA with a token of ${other}`,
    from: `field serviceAccount, annotation ${key} on ${other}`,
  };
}
