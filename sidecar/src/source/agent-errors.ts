/**
 * What the Pod Identity agent's errors mean. It answers text/plain with the status of EKS Auth behind it:
 * `[request]: (Code): message, fault: client` (aws/eks-pod-identity-agent, pkg/errors/errors.go). The one
 * table of EKS Auth's codes (API reference, AssumeRoleForPodIdentity); what is not here goes by its status.
 */
import { CodedError, type ErrorCode } from '@rolechain/shared';
import { oneLine, sentence } from '../model/text.ts';

const MAX_TEXT = 300;

interface Row {
  readonly text: RegExp;
  readonly code: ErrorCode;
  readonly hint: string;
  /** Where this case tells more than the code's own. */
  readonly fix?: string;
}

/** In order: the first row that fits counts. */
const EKS_AUTH_ERRORS: readonly Row[] = [
  // The kubelet has a newer token, or will have one: it passes by itself, as 400s else don't.
  {
    text: /expired/i,
    code: 'StsCredentialsExpired',
    hint: "The kubelet renews the projected token: check it and the node's clock.",
  },
  // The agent looks at `nbf` by the node's clock; apiserver and kubelet have made the token just now.
  {
    text: /not valid yet|used before issued/i,
    code: 'StsClockSkew',
    hint: 'The clock of the node is behind that of the apiserver: until it has caught up, the agent takes no new token.',
  },
  {
    text: /eks-auth:AssumeRoleForPodIdentity/,
    code: 'AgentRefused',
    hint: 'Missing: eks-auth:AssumeRoleForPodIdentity for the role of the node.',
    fix: 'Attach the policy AmazonEKSWorkerNodePolicy to the role of the node, or allow that action in its permissions.',
  },
  {
    text: /AccessDenied/,
    code: 'AgentRefused',
    hint: 'Missing: sts:AssumeRole and sts:TagSession for pods.eks.amazonaws.com in the trust policy of the role of the association. A role that does not exist gets the same answer.',
    fix: 'Add {"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Principal":{"Service":"pods.eks.amazonaws.com"}} to that trust policy.',
  },
  {
    text: /InvalidToken/,
    code: 'AgentRefused',
    hint: 'The token is of another cluster, or of another audience than pods.eks.amazonaws.com.',
    fix: 'Check that the association is one of this cluster, and recreate the pod, which gets a new token.',
  },
  {
    text: /PackedPolicyTooLarge|packed/i,
    code: 'AgentRefused',
    hint: 'The session tags are too large.',
    fix: 'Set `disableSessionTags` on the association: it leaves out the six of EKS.',
  },
];

/** The coded error of a status and its text; the text is the agent's own, with a hint where it is known. Pure. */
export function agentError(status: number, body: string): CodedError {
  const text = sentence(oneLine(body, MAX_TEXT));
  const told = text === '' ? `It answered ${status}.` : `It answered ${status}: ${text}`;
  if (status === 404) return new CodedError('AgentNoAssociation', told);
  if (status === 429) return new CodedError('AgentThrottled', told);
  if (status >= 500) return new CodedError('AgentUnavailable', told);
  if (status < 400) return new CodedError('AgentInvalidResponse', `It answered ${status}.`);
  const row = EKS_AUTH_ERRORS.find((one) => one.text.test(body) && (status === 400 || one.code === 'AgentRefused'));
  if (row === undefined) return new CodedError('AgentRefused', told);
  const lead = row.code !== 'AgentRefused' ? `The agent: ${text}` : told;
  return new CodedError(row.code, `${lead} ${row.hint}`, row.fix === undefined ? {} : { fix: row.fix });
}
