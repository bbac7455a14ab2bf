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

/** The flags of the EKS webhook that change what it reads and writes (main.go at v0.6.17), without their dashes. */
export interface EksFlags {
  /** `--annotation-prefix` */
  readonly annotationPrefix: string;
  /** `--token-mount-path` */
  readonly tokenMountPath: string;
  /** `--container-credentials-token-mount-path` */
  readonly containerCredentialsTokenMountPath: string;
  /** `--container-credentials-token-path` */
  readonly containerCredentialsTokenPath: string;
  /** `--container-credentials-token-volume-name` */
  readonly containerCredentialsTokenVolumeName: string;
}

/** Their defaults, which the managed webhook of EKS has. */
export const EKS_FLAGS: EksFlags = {
  annotationPrefix: 'eks.amazonaws.com',
  tokenMountPath: '/var/run/secrets/eks.amazonaws.com/serviceaccount',
  containerCredentialsTokenMountPath: '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount',
  containerCredentialsTokenPath: 'eks-pod-identity-token',
  containerCredentialsTokenVolumeName: 'eks-pod-identity-token',
};

/** What an EKS webhook with these flags reads and writes. */
export interface EksWebhook {
  /** IRSA, then Pod Identity. */
  readonly injections: readonly [EksInjection, EksInjection];
  /** Of annotations: the role and the audience on a ServiceAccount, the containers to leave alone on a pod. */
  readonly keys: { readonly roleARN: string; readonly audience: string; readonly skipContainers: string };
}

/** The paths have no slash at their end: Go's filepath.Join, which the EKS webhook writes the token's path with, takes one away. */
export function eksWebhook(flags: EksFlags): EksWebhook {
  const { annotationPrefix: prefix, tokenMountPath, containerCredentialsTokenMountPath: mountPath } = flags;
  return {
    injections: [
      {
        pair: [ENV.roleARN, ENV.webIdentityTokenFile],
        tokenPath: `${tokenMountPath}/token`,
        volume: 'aws-iam-token',
        mountPath: tokenMountPath,
      },
      {
        pair: [ENV.fullURI, ENV.tokenFile],
        tokenPath: `${mountPath}/${flags.containerCredentialsTokenPath}`,
        volume: flags.containerCredentialsTokenVolumeName,
        mountPath,
      },
    ],
    keys: {
      roleARN: `${prefix}/role-arn`,
      audience: `${prefix}/audience`,
      skipContainers: `${prefix}/skip-containers`,
    },
  };
}

/** The one with the defaults. */
export const EKS: EksWebhook = eksWebhook(EKS_FLAGS);

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
