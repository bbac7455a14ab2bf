/** The pod does not start, or starts without credentials: its event says why, and the sidecar's log says the same. */
import type { Code } from '../cause.ts';
import type { Way } from '../way.ts';
import { REFUSED_AT_HUB, WITH_EXTERNAL_ID, WITHOUT_EXTERNAL_ID } from './sts-refusals.ts';

/** What a way of this kind has of its own. */
interface AtStart {
  readonly title: string;
  readonly code: Code;
  readonly says?: Way['says'];
  readonly reads?: Way['reads'];
  readonly symptoms?: Way['symptoms'];
  readonly command?: string;
  readonly note?: string;
  readonly grade?: Way['grade'];
}

const DESCRIBE = 'kubectl describe pod NAME';
const LIVE = 'rolechain doctor --live NAME -n NAMESPACE';
const TRUST_POLICY = 'rolechain trust-policy serviceaccount NAME -n NAMESPACE';

const WAYS: Readonly<Record<string, AtStart>> = {
  'trust-refuses': {
    title: 'The role does not trust the base role',
    code: 'StsAccessDenied',
    says: { cause: `Not allowed: sts:AssumeRole … for … ${WITH_EXTERNAL_ID.cause}`, fix: WITH_EXTERNAL_ID.fix },
    command: TRUST_POLICY,
    note: 'STS says no more than that it refuses: a missing permission of the base role, another ExternalId and a role that is not there look the same.',
  },
  'base-role-lacks-right': {
    title: 'The base role may not assume the role',
    code: 'StsAccessDenied',
    says: {
      cause: 'because no identity-based policy allows the sts:AssumeRole action',
      fix: 'Add {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"…"} to the permissions of …',
    },
    reads: {
      cause: 'STS refuses, because no identity-based policy of the base role allows the sts:AssumeRole action.',
      fix: 'Add {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"…"} to the permissions of the base role.',
    },
    command: TRUST_POLICY,
  },
  'tag-session-missing': {
    title: 'sts:TagSession is missing',
    code: 'StsAccessDenied',
    says: {
      cause:
        'Not allowed: sts:TagSession … for … STS does not say which lacks it: the permissions of …, or the trust policy of the role.',
      fix: 'Add it where it lacks: {"Effect":"Allow","Action":"sts:TagSession","Resource":"…"} to the permissions of …, {"Effect":"Allow","Action":"sts:TagSession","Principal":{"AWS":"…"}} to the trust policy of …',
    },
    command: TRUST_POLICY,
  },
  'external-id-differs': {
    title: 'Another ExternalId than the trust policy asks for',
    code: 'StsAccessDenied',
    says: WITH_EXTERNAL_ID,
    command: 'aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument',
    note: 'STS does not say that it is the ExternalId: compare it with `sts:ExternalId` in the trust policy.',
  },
  'external-id-not-sent': {
    title: 'No ExternalId, and the trust policy asks for one',
    code: 'StsAccessDenied',
    says: WITHOUT_EXTERNAL_ID,
    command: 'aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument',
  },
  'external-id-secret-missing': {
    title: 'The Secret of the ExternalId, or its key, is missing',
    code: 'ExternalIDMissing',
    command: 'kubectl create secret generic NAME --from-literal=KEY=EXTERNAL_ID',
  },
  'external-id-ends-in-newline': {
    title: 'The ExternalId in the Secret ends in a newline',
    code: 'ExternalIDInvalid',
    says: { cause: 'it ends in a newline.' },
    reads: { cause: 'The value behind externalIDFrom ends in a newline.' },
    command:
      'kubectl create secret generic NAME --from-literal=KEY=EXTERNAL_ID --dry-run=client -o yaml | kubectl apply -f -',
    note: '`echo` writes a newline at the end of a file, and `kubectl create secret --from-file` keeps it.',
  },
  'target-role-missing': {
    title: 'The role was deleted, or its ARN is mistyped',
    code: 'StsAccessDenied',
    says: WITH_EXTERNAL_ID,
    command: 'aws iam get-role --role-name ROLE',
  },
  'service-control-policy': {
    title: 'A service control policy denies it',
    code: 'StsAccessDenied',
    says: {
      cause: 'A service control policy denies it, whatever other policies allow.',
      fix: 'Change the service control policy of the AWS organization of …: a Deny in it covers sts:AssumeRole on … for …',
    },
    command: LIVE,
    note: 'Once the policy is changed, the command says whether the sidecar gets through: it tries again within seconds. `rolechain check --policies` does not know policies of the organization.',
  },
  'hop-fails': {
    title: 'A hop of via is refused',
    code: 'StsAccessDenied',
    says: REFUSED_AT_HUB,
    command: LIVE,
  },
  'session-too-long': {
    title: 'duration is longer than the role allows',
    code: 'StsRejected',
    says: {
      cause: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      fix: 'Lower duration, or raise MaxSessionDuration of …',
    },
    command: 'aws iam update-role --role-name ROLE --max-session-duration SECONDS',
  },
  'session-policy-too-large': {
    title: 'Session policy and tags are too large together',
    code: 'StsRejected',
    says: {
      cause: 'PackedPolicyTooLarge: … That is 112 % of what session tags and policies together may take.',
      fix: 'Shorten tags, policy or policyARNs.',
    },
    command: LIVE,
    note: 'It says the share again after the next try. A change of the annotation needs a new pod.',
  },
  'association-missing': {
    title: 'The Pod Identity association is missing',
    code: 'AgentNoAssociation',
    command:
      'aws eks create-pod-identity-association --cluster-name CLUSTER --namespace NAMESPACE --service-account NAME --role-arn BASE_ROLE',
    note: 'A new association takes some seconds to reach the agent.',
  },
  'association-role-untrusting': {
    title: "The association's role does not trust EKS Pod Identity",
    code: 'AgentRefused',
    says: {
      cause:
        'Missing: sts:AssumeRole and sts:TagSession for pods.eks.amazonaws.com in the trust policy of the role of the association.',
      fix: 'Add {"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Principal":{"Service":"pods.eks.amazonaws.com"}} to that trust policy.',
    },
    reads: {
      fix: 'Add {"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Principal":{"Service":"pods.eks.amazonaws.com"}} to the trust policy of the role of the association.',
    },
    command: TRUST_POLICY,
    note: 'It prints the whole trust policy for the role of the association, with conditions on namespace and ServiceAccount.',
  },
  'agent-missing': {
    title: 'The Pod Identity agent is not installed',
    code: 'AgentUnreachable',
    command: 'aws eks create-addon --cluster-name CLUSTER --addon-name eks-pod-identity-agent',
  },
  'agent-blocked': {
    title: 'A NetworkPolicy closes the way to the Pod Identity agent',
    code: 'AgentUnreachable',
    reads: {
      cause: 'The Pod Identity agent gives no answer within 5 s.',
      fix: 'Allow egress to 169.254.170.23 (on IPv6 fd00:ec2::23) in the NetworkPolicies of the pod.',
    },
    says: { cause: 'no answer within 5 s.', fix: 'Allow egress to that address in the NetworkPolicies of the pod.' },
    command: 'kubectl get networkpolicy',
    note: 'Egress to `169.254.170.23`, port 80 (on IPv6 `fd00:ec2::23`). A proxy of the pod is never used for it.',
  },
  'irsa-provider-missing': {
    title: 'IRSA: the account has no OIDC provider for the cluster',
    code: 'StsTokenRejected',
    says: {
      cause: 'Account … has no OIDC provider for …',
      fix: 'Create it in account …: aws iam create-open-id-connect-provider --url … --client-id-list sts.amazonaws.com.',
    },
    command: 'aws iam list-open-id-connect-providers',
  },
  'irsa-audience-differs': {
    title: 'IRSA: another audience',
    code: 'StsTokenRejected',
    says: {
      cause: "The token's audience is not one of the OIDC provider in IAM.",
      fix: 'Add the audience there (aws iam add-client-id-to-open-id-connect-provider), or set eks.amazonaws.com/audience on the ServiceAccount.',
    },
    reads: {
      fix: 'Add the audience to the OIDC provider (aws iam add-client-id-to-open-id-connect-provider), or set eks.amazonaws.com/audience on the ServiceAccount.',
    },
    command: TRUST_POLICY,
    note: 'The trust policy that it prints has the audience that the token is made with, as the value of `ISSUER:aud`.',
  },
  'irsa-trust-refuses': {
    title: 'IRSA: the base role does not trust this ServiceAccount',
    code: 'StsAccessDenied',
    says: {
      cause:
        "must allow sts:AssumeRoleWithWebIdentity to the cluster's OIDC provider, with the sub of this ServiceAccount and the aud of its token.",
      fix: 'Allow sts:AssumeRoleWithWebIdentity in the trust policy of … to the OIDC provider of the cluster.',
    },
    reads: {
      cause:
        "The trust policy of the base role must allow sts:AssumeRoleWithWebIdentity to the cluster's OIDC provider, with the sub of this ServiceAccount and the aud of its token.",
    },
    command: TRUST_POLICY,
  },
  'irsa-token-expired': {
    title: 'IRSA: the projected token has expired',
    code: 'StsCredentialsExpired',
    says: {
      cause: 'The projected token has expired, and the kubelet has not renewed it.',
      fix: 'Check the clock of the node, and the log of its kubelet.',
    },
  },
  'base-token-missing': {
    title: 'The projected token is not mounted',
    code: 'BaseTokenUnreadable',
  },
  'token-request-forbidden': {
    title: 'serviceAccount: the pod may not request the token of the other ServiceAccount',
    code: 'TokenRequestForbidden',
    command: 'kubectl apply -f manifests/samples/service-account-token.yaml',
    note: 'The log of the sidecar has the Role and the RoleBinding behind `Apply:`, on one line of JSON.',
  },
  'sts-blocked': {
    title: 'A NetworkPolicy or a firewall closes the way to STS',
    code: 'StsUnreachable',
    reads: {
      cause: 'STS does not answer in time.',
      fix: 'Allow egress from the pod to the endpoint of STS that the text names: NetworkPolicies, security groups, and the NAT or VPC endpoint for STS.',
    },
    says: {
      cause: 'STS does not answer. … no answer in time.',
      fix: 'Allow egress from the pod to …, port …: its NetworkPolicies, security groups, and the NAT or VPC endpoint for STS.',
    },
    command: 'kubectl get networkpolicy',
  },
  'sts-not-resolved': {
    title: 'The name of STS is not resolved',
    code: 'StsUnreachable',
    says: {
      cause: 'ENOTFOUND',
      fix: "Allow egress from the pod to the cluster's DNS, and check that the name exists: nslookup …",
    },
    reads: {
      cause: 'The DNS of the pod does not resolve the name of STS: ENOTFOUND.',
      fix: "Allow egress from the pod to the cluster's DNS, and check that the name exists: nslookup sts.REGION.amazonaws.com.",
    },
    command: 'kubectl get networkpolicy',
  },
  'region-disabled': {
    title: 'STS is not active in the Region',
    code: 'StsRegionDisabled',
    command: 'aws account enable-region --region-name REGION',
  },
  'sts-throttles': {
    title: 'STS throttles',
    code: 'StsThrottled',
  },
  'clock-wrong': {
    title: "The node's clock is wrong by more than a day",
    code: 'StsClockSkew',
    command: 'chronyc tracking',
  },
  'environment-secret-missing': {
    title: 'credentialSource: environment, and no Secret',
    code: 'EnvironmentEmpty',
  },
  'port-taken': {
    title: 'Another container has the credentials port',
    code: 'ListenFailed',
    symptoms: {
      'kubectl describe pod':
        'Startup probe failed: …the credentials endpoint does not listen: ListenFailed: {cause}. … EADDRINUSE. {fix}',
      'kubectl logs --container rolechain': '"code":"ListenFailed","error":"{cause}. … EADDRINUSE.","fix":"{fix}',
    },
  },
  'versions-differ': {
    title: 'The images of webhook and sidecar are of different versions',
    code: 'ConfigInvalid',
    says: { cause: 'ROLECHAIN_CONFIG.version is 2, but takes 1, the only version that this program knows' },
    symptoms: {
      'kubectl describe pod': 'Message: ConfigInvalid: {cause} … {fix}',
      'kubectl logs --container rolechain': 'ConfigInvalid: {cause} … {fix}',
    },
    note: 'The sidecar ends with exit code 2 and is started again: `Init:CrashLoopBackOff`.',
  },
};

/** In an event both stand behind the names of role and code; the log has them as members of a line. */
function wayOf(id: string, { title, code, says, reads, symptoms, command = DESCRIBE, note, grade = 3 }: AtStart): Way {
  return {
    id,
    title,
    group: 'starting',
    codes: [code],
    ...(says === undefined ? {} : { says }),
    ...(reads === undefined ? {} : { reads }),
    symptoms: symptoms ?? {
      'kubectl describe pod': `Startup probe failed: …role default has no credentials yet: ${code}: … {cause} … {fix}`,
      'kubectl logs --container rolechain': `"role":"default","code":"${code}","error":"…`,
    },
    first: 'kubectl describe pod',
    grade,
    command,
    ...(note === undefined ? {} : { note }),
  };
}

export const STARTING: readonly Way[] = Object.entries(WAYS).map(([id, way]) => wayOf(id, way));
