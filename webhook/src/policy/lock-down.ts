/** What the admin's settings make of the roles that an account asks for: narrowed, or kept back. Pure. */
import { matchesNameGlob, type CredentialSource, type ReasonCode, type RoleSpec } from '@rolechain/shared';
import type { Finding } from './findings.ts';
import { pathOf } from './service-account-rules.ts';
import { usesBase, type ServiceAccount } from '../objects/service-account.ts';
import { truncate } from '../objects/truncate.ts';
import type { DecideSettings } from '../settings/settings.ts';

/** Whether the account may ask at all: looked at before its annotation is. */
export function mayAsk(
  { namespace, name }: ServiceAccount,
  { allowedServiceAccounts }: Pick<DecideSettings, 'allowedServiceAccounts'>,
): boolean {
  return allowedServiceAccounts.some(
    (allowed) => matchesNameGlob(allowed.namespace, namespace) && matchesNameGlob(allowed.name, name),
  );
}

/** `auto` is what is left of the two that it chooses from. */
export function withAllowedSource(role: RoleSpec, { credentialSources }: DecideSettings): RoleSpec {
  if (
    role.credentialSource !== 'auto' ||
    credentialSources.includes('pod-identity') === credentialSources.includes('irsa')
  ) {
    return role;
  }
  return { ...role, credentialSource: credentialSources.includes('irsa') ? 'irsa' : 'pod-identity' };
}

/** Everything that the settings keep back; the roles are those of `withAllowedSource`. */
export function lockDownFindings(
  roles: readonly RoleSpec[],
  { namespace }: Pick<ServiceAccount, 'namespace'>,
  { environmentSource, otherServiceAccounts, credentialSources, maxSessionDuration }: DecideSettings,
): Finding[] {
  const allowed: ReadonlySet<CredentialSource> = new Set(credentialSources);
  const isForbidden = (source: CredentialSource): boolean =>
    source === 'auto' ? !allowed.has('pod-identity') || !allowed.has('irsa') : !allowed.has(source);
  const environment = roles.some((role) => usesBase(role) && role.credentialSource === 'environment');
  const ofSources = roles.flatMap((role) => {
    const { credentialSource, webIdentity, serviceAccount } = role;
    const needsToken =
      webIdentity !== 'never' ? `webIdentity is ${webIdentity}` : serviceAccount && 'serviceAccount is there';
    return [
      ...(usesBase(role) && isForbidden(credentialSource)
        ? [`${pathOf(role)}credentialSource is ${credentialSource}`]
        : []),
      ...(needsToken !== undefined && !allowed.has('irsa') ? [`${pathOf(role)}${needsToken}, which takes irsa`] : []),
    ];
  });
  const tooLong = roles.flatMap((role) =>
    [...role.via.map((hop, index) => ({ hop, at: `via.${index}.` })), { hop: role, at: '' }]
      .filter(({ hop }) => hop.durationSeconds > maxSessionDuration)
      .map(({ hop, at }) => `${pathOf(role)}${at}duration is ${hop.durationSeconds} s`),
  );
  const other = roles.some(({ serviceAccount }) => serviceAccount !== undefined);
  return [
    ...found('SourceForbidden', environment && !environmentSource.namespaces.includes(namespace)),
    ...found('ServiceAccountForbidden', other && !otherServiceAccounts),
    ...listed(
      'CredentialSourceForbidden',
      ofSources,
      `the setting credentialSources allows ${credentialSources.join(', ')}`,
    ),
    ...listed('DurationTooLong', tooLong, `the setting maxSessionDuration is ${maxSessionDuration} s`),
  ];
}

function found(reason: ReasonCode, holds: boolean): Finding[] {
  return holds ? [{ reason, detail: '' }] : [];
}

function listed(reason: ReasonCode, places: readonly string[], limit: string): Finding[] {
  return places.length === 0 ? [] : [{ reason, detail: `${truncate(places)}; ${limit}` }];
}
