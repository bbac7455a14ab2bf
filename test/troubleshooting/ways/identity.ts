/** Nothing seems wrong: the pod runs, and its programs are the node's role, another one, or nobody. */
import type { Way } from '../way.ts';

const EXPLAIN = {
  group: 'identity',
  first: 'rolechain explain pod',
  grade: 3,
  command: 'rolechain explain pod NAME -n NAMESPACE',
} as const;
const APPLY = { group: 'identity', first: 'kubectl apply', grade: 3 } as const;
/** How an explanation shows what it has found. */
const FOUND = '{cause}. … {fix}.';

export const IDENTITY: readonly Way[] = [
  {
    ...EXPLAIN,
    id: 'annotation-on-pod',
    title: 'The annotation is on the pod instead of its ServiceAccount',
    codes: ['FieldUnknown'],
    says: {
      cause: 'rolechain.io/assume-role belongs on the ServiceAccount or the Namespace, and has no effect on the Pod',
      fix: 'move it there',
    },
    reads: { fix: 'Move it to the ServiceAccount of the pod, or to the Namespace.' },
    symptoms: { 'rolechain explain pod': 'The ServiceAccount asks for no role. … the pod: {cause}; {fix}' },
    note: 'A bare Pod draws the same as a warning of `kubectl apply`; of a Deployment nobody sees its warnings.',
  },
  {
    ...EXPLAIN,
    id: 'annotation-on-deployment',
    title: 'The annotation is on the Deployment instead of the ServiceAccount',
    codes: ['FieldUnknown'],
    says: {
      cause: 'rolechain.io/assume-role belongs on the ServiceAccount or the Namespace, and has no effect on the Pod',
      fix: 'move it there',
    },
    reads: { fix: 'Move it to the ServiceAccount of the pod, or to the Namespace.' },
    symptoms: { 'rolechain explain pod': 'Deployment …: {cause}. [FieldUnknown] … {fix}' },
  },
  {
    ...APPLY,
    id: 'pod-annotation-on-account',
    title: 'An annotation of pods is on the ServiceAccount',
    codes: ['FieldUnknown'],
    says: {
      cause: 'rolechain.io/container-roles belongs on the Pod, and has no effect on the ServiceAccount',
      fix: 'move it there',
    },
    reads: { fix: 'Move it to the pod: in a Deployment, to the annotations of its template.' },
    symptoms: { 'kubectl apply': 'Warning: {cause}; {fix}' },
    command: 'rolechain explain serviceaccount NAME -n NAMESPACE',
  },
  {
    ...EXPLAIN,
    id: 'annotation-among-labels',
    title: 'The annotation is among the labels',
    codes: ['FieldUnknown'],
    says: {
      cause: 'rolechain.io/assume-role stands among the labels, where nobody reads it',
      fix: 'Make it an annotation',
    },
    symptoms: { 'rolechain explain pod': 'ServiceAccount …: {cause}. [FieldUnknown] … {fix}' },
  },
  {
    ...EXPLAIN,
    id: 'prefix-mistyped',
    title: 'The prefix of the annotation is mistyped',
    codes: ['FieldUnknown'],
    says: {
      cause: 'rolechains.io/assume-role is not an annotation of rolechain',
      fix: 'Did you mean rolechain.io/assume-role?',
    },
    reads: { fix: 'Write rolechain.io/assume-role.' },
    symptoms: { 'rolechain explain pod': 'ServiceAccount …: {cause}. [FieldUnknown] … {fix}' },
  },
  {
    ...EXPLAIN,
    id: 'other-account',
    title: 'The pod has another ServiceAccount, or the one named default',
    codes: ['NotAnnotated'],
    symptoms: {
      'rolechain explain pod': 'ServiceAccount …/default asks for no role … {cause}. [NotAnnotated] … {fix}',
    },
  },
  {
    ...EXPLAIN,
    id: 'annotated-late',
    title: 'The annotation was written after the pod started',
    codes: ['AnnotatedLater'],
    symptoms: {
      'rolechain explain pod': `has no sidecar, and would get it today … {cause}. The annotation was written at …. [AnnotatedLater] … {fix}`,
      'rolechain status': 'The annotation of ServiceAccount late was added at …, after the pod was made.',
    },
  },
  {
    ...EXPLAIN,
    id: 'annotation-changed',
    title: 'The annotation was changed after the pod started',
    codes: ['AnnotationChanged'],
    symptoms: {
      'rolechain explain pod': FOUND,
      'rolechain status': "The ServiceAccount's annotation was changed since the pod was made.",
    },
  },
  {
    ...EXPLAIN,
    id: 'opted-out',
    title: 'The pod asks to be left alone',
    codes: ['OptedOut'],
    symptoms: { 'rolechain explain pod': '{cause}. [OptedOut] … {fix}' },
  },
  {
    ...EXPLAIN,
    id: 'skip-listed',
    title: 'A container is left alone by an annotation',
    codes: ['SkipListed'],
    symptoms: { 'rolechain explain pod': 'app … no role … {cause}. [SkipListed] … {fix}' },
  },
  {
    ...APPLY,
    id: 'no-default-role',
    title: 'No container of the pod chooses one of the named roles',
    codes: ['NoContainerSelected'],
    symptoms: {
      'kubectl apply': 'Warning: rolechain skips this pod [NoContainerSelected]: {cause}: app (given none). {fix}',
      'rolechain explain pod': '{cause}. [NoContainerSelected] … {fix}',
    },
    command: 'rolechain explain pod NAME -n NAMESPACE',
  },
  {
    ...APPLY,
    id: 'container-unknown',
    title: 'The pod gives a role to a container that it does not have',
    codes: ['FieldUnknown'],
    says: {
      cause: 'rolechain.io/container-roles names container web, which this pod does not have',
      fix: 'correct its name, unless another webhook adds it',
    },
    reads: {
      fix: 'Correct the name of the container in rolechain.io/container-roles, unless another webhook adds the container.',
    },
    symptoms: { 'kubectl apply': 'Warning: {cause}; {fix}' },
    command: 'rolechain explain pod NAME -n NAMESPACE',
  },
  {
    ...EXPLAIN,
    id: 'namespace-left-out',
    title: 'The namespace is left out',
    codes: ['NotCovered'],
    symptoms: {
      'rolechain explain pod': FOUND,
      'rolechain status': 'The webhook is not called for pods of namespace …',
    },
    note: 'By default these are kube-system and the namespace of rolechain itself.',
  },
  {
    ...EXPLAIN,
    id: 'flux-alias-off',
    title: "Only Flux's annotation is there",
    codes: ['FluxAliasOff'],
    symptoms: { 'rolechain explain pod': FOUND },
  },
  {
    ...APPLY,
    id: 'conflict-warned',
    title: 'A conflict leaves a container alone, since the setting conflicts is warn',
    codes: ['StaticKeys'],
    says: { cause: 'skips container app, which holds no role: it sets AWS_ACCESS_KEY_ID [StaticKeys]' },
    reads: { cause: 'rolechain skips container app, which holds no role: it sets AWS_ACCESS_KEY_ID.' },
    symptoms: {
      'kubectl apply': 'Warning: rolechain {cause}. {fix}',
      'rolechain explain pod':
        'The container sets static AWS keys, which every SDK prefers: AWS_ACCESS_KEY_ID. [StaticKeys] … {fix}',
    },
    command: 'rolechain explain pod NAME -n NAMESPACE',
  },
  {
    ...EXPLAIN,
    id: 'default-role-not-named',
    title: "The Namespace's default role is not for a ServiceAccount that has a role of its own",
    codes: ['DefaultRoleNotNamed'],
    symptoms: { 'rolechain explain pod': FOUND },
  },
  {
    ...EXPLAIN,
    id: 'default-role-off',
    title: "The Namespace's default role is not read",
    codes: ['DefaultRoleOff'],
    symptoms: { 'rolechain explain pod': FOUND },
  },
  {
    ...EXPLAIN,
    id: 'slipped',
    title: 'The pod was made while the webhook was down, and there is no guard',
    codes: ['NotCalled'],
    symptoms: {
      'rolechain explain pod': FOUND,
      'rolechain status': 'asked for a role when the pod was made: the webhook was not called, or did not answer.',
    },
  },
];
