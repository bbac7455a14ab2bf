/** kubectl refuses: the answer to `kubectl apply`, or of a Deployment's pods an event of its ReplicaSet. */
import type { Way } from '../way.ts';

const APPLY = { group: 'refused', first: 'kubectl apply', grade: 3 } as const;
const ACCOUNT =
  'admission webhook "annotations.rolechain.io" denied the request: rolechain: ServiceAccount … asks for an AWS role, but: …';
const POD =
  'admission webhook "pods.rolechain.io" denied the request: rolechain: ServiceAccount … asks for an AWS role, but: …';
const EXPLAIN = 'rolechain explain -f FILE';

export const REFUSED: readonly Way[] = [
  {
    ...APPLY,
    id: 'annotation-mistyped',
    title: 'A field of the annotation is mistyped',
    codes: ['AnnotationInvalid', 'FieldUnknown'],
    says: { cause: 'roleArn is not a field of this version', fix: 'did you mean roleARN?' },
    reads: { fix: 'Write roleARN in place of roleArn.' },
    symptoms: { 'kubectl apply': `${ACCOUNT} {cause}; {fix} (FieldUnknown)` },
    command: EXPLAIN,
  },
  {
    ...APPLY,
    id: 'arn-mistyped',
    title: 'The role ARN is mistyped',
    codes: ['AnnotationInvalid', 'FieldOutOfRange'],
    says: { cause: 'roleARN is … but takes an IAM role ARN … the account ID has 11 digits, not 12' },
    symptoms: { 'kubectl apply': `${ACCOUNT} {cause}; … {fix}` },
    command: EXPLAIN,
  },
  {
    ...APPLY,
    id: 'key-mistyped',
    title: 'The key of the annotation is mistyped',
    codes: ['AnnotationUnknown'],
    says: { fix: 'did you mean rolechain.io/assume-role?' },
    reads: { fix: 'Write rolechain.io/assume-role in place of rolechain.io/asume-role.' },
    symptoms: {
      'kubectl apply':
        'denied the request: rolechain: ServiceAccount …: {cause}: rolechain.io/asume-role is not an annotation of this version; {fix}',
    },
    command: EXPLAIN,
    note: "A key whose prefix is mistyped is nobody's business: [it is written, and not read](#the-prefix-of-the-annotation-is-mistyped).",
  },
  {
    ...APPLY,
    id: 'annotation-too-large',
    title: 'The annotation is larger than its limit',
    codes: ['AnnotationInvalid', 'DocumentTooLarge'],
    says: { cause: 'it has more than 32768 bytes, its limit', fix: 'shorten it' },
    reads: { cause: 'The annotation has more than 32768 bytes, its limit.', fix: 'Shorten the annotation.' },
    symptoms: { 'kubectl apply': `${ACCOUNT} rolechain.io/assume-role: {cause}; {fix}` },
    command: EXPLAIN,
  },
  {
    ...APPLY,
    id: 'role-not-allowed',
    title: 'The namespace does not allow the role',
    codes: ['RoleNotAllowed'],
    symptoms: { 'kubectl apply': `${ACCOUNT} {cause}: …; Namespace … allows …. {fix}. [RoleNotAllowed]` },
    command: 'rolechain explain serviceaccount NAME -n NAMESPACE',
    note: 'Where the Namespace was narrowed later, its pods are refused with the same text.',
  },
  {
    ...APPLY,
    id: 'environment-forbidden',
    title: 'The base identity is not allowed here',
    codes: ['SourceForbidden'],
    symptoms: { 'kubectl apply': `${ACCOUNT} {cause}. {fix}. [SourceForbidden]` },
    command: 'rolechain explain serviceaccount NAME -n NAMESPACE',
  },
  {
    ...APPLY,
    id: 'container-mistyped',
    title: 'A container is mistyped',
    codes: ['PodAnnotationInvalid', 'FieldUnknown'],
    says: {
      cause: 'rolechain.io/container-roles names container ap, which the pod does not have',
      fix: 'did you mean app?',
    },
    reads: { fix: 'Write the name of a container of the pod, as app in place of ap.' },
    symptoms: { 'kubectl apply': `${POD} {cause}; {fix}` },
    command: EXPLAIN,
  },
  {
    ...APPLY,
    id: 'role-undeclared',
    title: 'The pod names a role that its ServiceAccount does not declare',
    codes: ['RoleUndeclared'],
    symptoms: { 'kubectl apply': `${POD} {cause}: container app: audit. {fix}. [RoleUndeclared]` },
    command: 'rolechain explain serviceaccount NAME -n NAMESPACE',
  },
  {
    ...APPLY,
    id: 'static-keys',
    title: 'Static keys shadow the role',
    codes: ['StaticKeys'],
    symptoms: { 'kubectl apply': `${POD} {cause}: container app: AWS_ACCESS_KEY_ID. {fix}. [StaticKeys]` },
    command: EXPLAIN,
    note: 'Keys of a profile or of `envFrom` are not refused, but warned of: [sdks.md](sdks.md).',
  },
  {
    ...APPLY,
    id: 'own-web-identity',
    title: 'The container has variables of IRSA of its own',
    codes: ['OwnWebIdentity'],
    symptoms: {
      'kubectl apply': `${POD} {cause}: container app: AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE. {fix}. [OwnWebIdentity]`,
    },
    command: EXPLAIN,
  },
  {
    ...APPLY,
    id: 'host-network',
    title: 'The pod is on the network of its host',
    codes: ['HostNetwork'],
    symptoms: { 'kubectl apply': `${POD} {cause}. {fix}. [HostNetwork]` },
    command: EXPLAIN,
  },
  {
    ...APPLY,
    id: 'windows',
    title: 'The pod is for Windows',
    codes: ['Windows'],
    symptoms: { 'kubectl apply': `${POD} {cause}: … {fix}. [Windows]` },
    command: EXPLAIN,
  },
  {
    ...APPLY,
    id: 'shared-process-namespace',
    title: 'Containers with two roles share their processes',
    codes: ['SharedProcessNamespace'],
    symptoms: { 'kubectl apply': `${POD} {cause}: by shareProcessNamespace. {fix}. [SharedProcessNamespace]` },
    command: EXPLAIN,
  },
  {
    ...APPLY,
    id: 'limit-range',
    title: 'A LimitRange leaves no room for the sidecar',
    codes: ['LimitRangeTooTight'],
    symptoms: {
      'kubectl apply': `${POD} {cause}: LimitRange small has a maximum of memory … {fix}. [LimitRangeTooTight]`,
    },
    command: 'kubectl describe limitrange -n NAMESPACE',
  },
  {
    ...APPLY,
    id: 'webhook-down',
    title: 'The webhook is down',
    codes: ['NotInjected'],
    symptoms: {
      'kubectl apply':
        "ValidatingAdmissionPolicy 'rolechain-guard' with binding 'rolechain-guard' denied request: rolechain: ServiceAccount … asks for an AWS role, but: {cause}. {fix}. [NotInjected]",
    },
    command: 'rolechain doctor',
    note: 'This is the [guard](guard.md): pods whose ServiceAccount asks for nothing are admitted.',
  },
];
