/**
 * What the EKS pod-identity webhook writes into a container, in its two modes, and so what is taken
 * away from a container that holds a role. Source: aws/amazon-eks-pod-identity-webhook
 * pkg/handler/handler.go (addEnvToContainer) and pkg/constants.go at v0.6.17.
 */
import { ENV } from './environment.ts';

export interface EksInjection {
  /** The two variables, in the order in which they are appended. */
  readonly pair: readonly [string, string];
  /** The variable of the pair whose value tells the webhook's pair from a user's own. */
  readonly tokenPath: string;
  readonly volume: string;
  readonly mountPath: string;
}

/** IRSA, then Pod Identity. */
export const EKS_INJECTIONS: readonly [EksInjection, EksInjection] = [
  {
    pair: [ENV.roleARN, ENV.webIdentityTokenFile],
    tokenPath: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token',
    volume: 'aws-iam-token',
    mountPath: '/var/run/secrets/eks.amazonaws.com/serviceaccount',
  },
  {
    pair: [ENV.fullURI, ENV.tokenFile],
    tokenPath: '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token',
    volume: 'eks-pod-identity-token',
    mountPath: '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount',
  },
];

/** Audiences of the two base identities' projected tokens. */
export const AUDIENCE = { podIdentity: 'pods.eks.amazonaws.com', irsa: 'sts.amazonaws.com' } as const;

/** The Pod Identity agent's addresses on every EKS node (eks-pod-identity-agent, configuration/config.go). */
export const AGENT_ENDPOINTS: readonly string[] = [
  'http://169.254.170.23/v1/credentials',
  'http://[fd00:ec2::23]/v1/credentials',
];

/** Value of the label by which EKS webhooks since 0.6.15 mark the pods of an account with an association. */
export const EKS_POD_IDENTITY_ENABLED = 'enabled';

/** Session tags of the Pod Identity agent's sessions, all transitive (EKS User Guide, pod-id-abac). */
export const FOREIGN_TAG_KEYS: readonly string[] = [
  'eks-cluster-arn',
  'eks-cluster-name',
  'kubernetes-namespace',
  'kubernetes-service-account',
  'kubernetes-pod-name',
  'kubernetes-pod-uid',
];
