import { e, type ErrorEntry } from './entry.ts';

/** Why there are no credentials (yet). */
export const CREDENTIALS = {
  NotReady: e(
    503,
    'The first credentials of this role are still being fetched.',
    "Wait; if it lasts, the sidecar's log says what it waits for.",
  ),
  BaseTokenUnreadable: e(
    503,
    'The projected token of the base identity is unreadable or empty.',
    'The kubelet writes it; see `kubectl describe pod` for mount errors.',
  ),
  BaseTokenMalformed: e(
    503,
    'The projected token of the base identity is not in the form of a JWT.',
    'The kubelet writes it whole; rolechain reads it again automatically. If it lasts, check what writes that file.',
  ),
  AgentUnreachable: e(
    503,
    'The Pod Identity agent does not answer.',
    'Install the add-on eks-pod-identity-agent, let NetworkPolicies pass egress to it (169.254.170.23, port 80), or name another credentialSource.',
  ),
  AgentNoAssociation: e(
    503,
    'The Pod Identity agent knows no association for this ServiceAccount.',
    'Create it (aws eks create-pod-identity-association), or set credentialSource: irsa.',
  ),
  AgentThrottled: e(
    503,
    'The Pod Identity agent, or EKS Auth behind it, throttles.',
    'Wait: rolechain retries automatically.',
  ),
  AgentUnavailable: e(
    503,
    'The Pod Identity agent, or EKS Auth behind it, failed.',
    "Wait: rolechain retries automatically. See the agent's log.",
  ),
  AgentRefused: e(
    403,
    "The Pod Identity agent refused this pod's token.",
    "Correct what the message names: mostly the association's role does not trust pods.eks.amazonaws.com, or the cluster is another.",
  ),
  AgentInvalidResponse: e(
    503,
    'The Pod Identity agent returned an invalid credentials response.',
    'Check what listens at its address.',
  ),
  StsUnreachable: e(503, 'STS does not answer.', 'Check DNS, egress rules and the STS endpoint of the Region.'),
  StsThrottled: e(
    503,
    'STS throttles requests of this AWS account.',
    'Wait: rolechain retries automatically. If it lasts, CloudTrail shows who calls STS so often in this account and Region.',
  ),
  StsUnavailable: e(503, 'STS failed.', 'Wait: rolechain retries automatically.'),
  StsInvalidResponse: e(
    503,
    'STS returned an invalid response.',
    'Check what listens at the STS endpoint (a proxy, a captive portal).',
  ),
  StsAccessDenied: e(
    403,
    'STS refused: the caller may not assume this role.',
    "Allow sts:AssumeRole on the role to the base role (by the ARN of the role: that of a session is one pod's), in its permissions and in the trust policy, with the same ExternalId.",
  ),
  StsRejected: e(400, 'STS refused a parameter.', 'Correct the field that the message names.'),
  StsRegionDisabled: e(
    403,
    'STS is not enabled in this Region for the account.',
    'Enable the Region in the account, or set stsRegion.',
  ),
  StsCredentialsExpired: e(
    503,
    'The base credentials or token were refused as expired or unknown.',
    'Wait: rolechain fetches new ones automatically. If it lasts, check the clock of the node.',
  ),
  StsClockSkew: e(
    503,
    'The clocks of the node and of AWS differ.',
    'Let NTP (chrony) set the clock of the node. Up to 24 hours are corrected by what STS says of its time; beyond, STS refuses signatures.',
  ),
  StsTokenRejected: e(
    403,
    'STS refused the web identity token.',
    "Register the cluster's OIDC issuer as a provider in the account of the base role, with the audience sts.amazonaws.com.",
  ),
  ExternalIDMissing: e(
    400,
    'The Secret or key behind externalIDFrom is not there.',
    'Create it in the namespace of the pod; rolechain reads it again within a minute or two.',
  ),
  ExternalIDInvalid: e(
    400,
    'The value behind externalIDFrom is not a valid ExternalId.',
    'Store 2-1224 characters of [A-Za-z0-9_+=,.@:/-] without a newline at the end.',
  ),
  TokenRequestForbidden: e(
    403,
    'This pod may not request a token of the other ServiceAccount.',
    'Apply a Role with create on serviceaccounts/token and a RoleBinding to the ServiceAccount of this pod in that namespace (manifests/samples).',
  ),
  TokenRequestAccountMissing: e(
    400,
    'The other ServiceAccount does not exist.',
    'Create it, or correct the field serviceAccount. rolechain retries automatically.',
  ),
  TokenRequestRefused: e(
    403,
    'The apiserver refused a TokenRequest.',
    "The message says why. After a 401, this pod's own ServiceAccount was deleted or recreated; recreate the pod.",
  ),
  TokenRequestUnavailable: e(
    503,
    'The apiserver did not answer a TokenRequest.',
    'Wait: rolechain retries automatically.',
  ),
  EnvironmentEmpty: e(
    503,
    'The Secret of credentialSource: environment holds no credentials.',
    'Put AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a file config or credentials, into the Secret that the admin names.',
  ),
  EnvironmentForbidden: e(
    403,
    'The profile asks for a source that is not used here.',
    'Leave static keys or credential_process alone in the profile; roles go into the annotation (via). Never used: another profile, web identity, SSO, container or instance metadata.',
  ),
  EnvironmentInvalid: e(
    400,
    'The shared config files have no profile that gives credentials.',
    'The message says why. rolechain reads the Secret again automatically.',
  ),
  EnvironmentFailed: e(
    503,
    'The Secret of credentialSource: environment could not be read, or its credential_process failed.',
    'The message says why. rolechain retries automatically.',
  ),
} as const satisfies Record<string, ErrorEntry>;
