/** What is legal and perhaps not meant in where a pod's chains start: what only the account and the pod together show. Pure. */
import { EKS_POD_IDENTITY_ENABLED, FOREIGN_KEYS, type EksWebhook, type RoleSpec } from '@rolechain/shared';
import type { Pod } from '../objects/pod.ts';
import { usesBase, type ServiceAccount } from '../objects/service-account.ts';

/**
 * `auto` with an IRSA role on the account and without the label that shows an association: IRSA is the base identity. An
 * association, which EKS webhooks before 0.6.15 write no label for, is another one. `roles` are those that containers hold.
 */
export function baseIdentityWarnings(
  pod: Pod,
  roles: readonly RoleSpec[],
  account: ServiceAccount,
  { keys }: EksWebhook,
): string[] {
  const { eksRoleARN, eksPodIdentityLabel: label } = FOREIGN_KEYS;
  if (account.annotations[eksRoleARN] === undefined) return [];
  if (pod.metadata?.labels?.[label] === EKS_POD_IDENTITY_ENABLED) return [];
  const isAuto = (role: RoleSpec): boolean =>
    role.credentialSource === 'auto' && role.serviceAccount === undefined && usesBase(role);
  if (!roles.some(isAuto)) return [];
  return [
    `credentialSource: auto starts from the role in ${keys.roleARN} (irsa): the pod has no label ${label}: ${EKS_POD_IDENTITY_ENABLED}. Write credentialSource: pod-identity if the ServiceAccount has an association, else irsa`,
  ];
}
