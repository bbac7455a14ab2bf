/**
 * What the contract lets rolechain write into a pod (contract, section 2), as it stands in a pod: literals, so that a name that is wrong in
 * the product is wrong here. unmanaged.test.ts tells where the product's tables say something else; the corpora hold both against pods.
 */

/** The sidecar's container. */
export const SIDECAR_NAME = 'rolechain';

/** The volume of the tokens, and all others. */
export function isOurVolume(name: unknown): boolean {
  return typeof name === 'string' && /^rolechain(-|$)/.test(name);
}

/** Where a container finds the tokens of one role. */
export const TOKEN_MOUNT = /^\/var\/run\/secrets\/rolechain\.io\/([a-z0-9]([-a-z0-9]*[a-z0-9])?)$/;

/** Variables that a container gets where it lacks them, whatever the settings are. */
export const VARIABLES: readonly string[] = [
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_STS_REGIONAL_ENDPOINTS',
  'AWS_EC2_METADATA_DISABLED',
];
/** By the setting `containersUseDualstackEndpoint`. */
export const DUALSTACK_VARIABLE = 'AWS_USE_DUALSTACK_ENDPOINT';
/** By the setting `loopbackNoProxy`. */
export const NO_PROXY_VARIABLES: readonly string[] = ['NO_PROXY', 'no_proxy'];

/** Variables whose empty values may be taken out. */
export const REMOVED_EMPTY: readonly string[] = [
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
];

/** A literal empty value of one of these. */
export function isRemovedEmpty({ name, value, valueFrom }: Readonly<Record<string, unknown>>): boolean {
  return typeof name === 'string' && REMOVED_EMPTY.includes(name) && !value && !valueFrom;
}

export const STATUS_KEY = 'rolechain.io/status';
export const SKIPPED_KEY = 'rolechain.io/skipped';
/** Lists of others to which rolechain adds names. */
export const EKS_SKIP_KEY = 'eks.amazonaws.com/skip-containers';
export const VELERO_KEY = 'backup.velero.io/backup-volumes-excludes';
/** Annotations that are written. */
export const KEYS: readonly string[] = [STATUS_KEY, SKIPPED_KEY, EKS_SKIP_KEY, VELERO_KEY];

/** What the EKS webhook writes, and rolechain takes out of a container that holds a role. */
export const EKS_VARIABLES: readonly string[] = [
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
];
export const EKS_VOLUMES: readonly string[] = ['aws-iam-token', 'eks-pod-identity-token'];
