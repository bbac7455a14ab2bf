/**
 * Roles as tests and the demo want them most: short ways to write the trust policies of the AWS documentation.
 */
import type { Conditions, Permission, TrustPolicy } from './iam.ts';
import { providerArn } from './trust.ts';

/** The service that assumes the roles of EKS Pod Identity associations. */
export const POD_IDENTITY_SERVICE = 'pods.eks.amazonaws.com';

/** Trust policy of a role behind an EKS Pod Identity association (EKS User Guide, "pod-id-role"). */
export function trustPodIdentity(): TrustPolicy {
  return {
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: POD_IDENTITY_SERVICE },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
      },
    ],
  };
}

/** Trust policy of a role that other roles chain into; `principal` as in `Principal.AWS`. */
export function trustRole(
  principal: string,
  options: { externalId?: string; tagSession?: boolean; setSourceIdentity?: boolean; conditions?: Conditions } = {},
): TrustPolicy {
  const { externalId, tagSession = true, setSourceIdentity = false, conditions } = options;
  const { StringEquals, ...others } = conditions ?? {};
  const equals = { ...StringEquals, ...(externalId === undefined ? {} : { 'sts:ExternalId': externalId }) };
  const Condition = { ...others, ...(Object.keys(equals).length === 0 ? {} : { StringEquals: equals }) };
  const Action = ['sts:AssumeRole'];
  if (tagSession) Action.push('sts:TagSession');
  if (setSourceIdentity) Action.push('sts:SetSourceIdentity');
  return { Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action, Condition }] };
}

/** Trust policy of an IRSA role: one ServiceAccount of one cluster. `issuer` may carry its `https://`. */
export function trustServiceAccount(
  roleArn: string,
  issuer: string,
  namespace: string,
  serviceAccount: string,
): TrustPolicy {
  const bare = issuer.replace(/^https:\/\//, '');
  return {
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: providerArn(roleArn, bare) },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${bare}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
            [`${bare}:aud`]: 'sts.amazonaws.com',
          },
        },
      },
    ],
  };
}

/** The permission of a base role to chain into others, tags included. */
export function mayAssume(...roleArns: string[]): Permission[] {
  return [{ Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], Resource: roleArns }];
}
