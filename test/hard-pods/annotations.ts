/** Hard, or not meant, by annotations: of the pod, of the account, of the Namespace. */
import { ENV, SIDECAR } from '@rolechain/shared';
import { container, named, podOf, valueOf, type HardPod, type Pod } from './row.ts';

const annotated = (key: string, value: string): Pod => podOf({}, { [`rolechain.io/${key}`]: value });
const untouched = { outcome: 'skipped' } as const;
const refused = { outcome: 'refused' } as const;

export const ANNOTATION_ROWS: readonly HardPod[] = [
  {
    name: 'an account without the annotation',
    pod: podOf({ hostNetwork: true }, { 'rolechain.io/no-such-key': 'x' }),
    account: 'plain',
    ...untouched,
    reason: 'NotAnnotated',
    so: 'The pod is not looked at, and no byte of it changes.',
  },
  {
    name: 'rolechain.io/inject: "false"',
    pod: annotated('inject', 'false'),
    account: 'invalid',
    ...untouched,
    reason: 'OptedOut',
    so: 'It is not changed, even where the account is invalid.',
  },
  {
    name: 'a review that is no creation of a pod',
    pod: podOf(),
    request: { operation: 'UPDATE' },
    ...untouched,
    reason: 'NoPod',
    so: 'It is allowed as it is.',
    apiserver: 'unsent',
  },
  {
    name: 'every container is skipped',
    pod: annotated('skip-containers', 'app'),
    ...untouched,
    reason: 'NoRoleHeld',
    so: 'No sidecar, and `rolechain.io/skipped` says why.',
  },
  {
    name: 'no role `default`, and no container-roles',
    pod: podOf(),
    account: 'no-default',
    ...untouched,
    reason: 'NoRoleHeld',
    so: 'No container is given a role.',
  },
  {
    name: 'a token in the environment, and a role a container',
    pod: podOf(
      { containers: [container('app'), container('exporter')] },
      { 'rolechain.io/container-roles': 'exporter=audit', 'rolechain.io/authorization-token': 'env' },
    ),
    account: 'two',
    ...{ outcome: 'injected', reason: 'Injected' },
    says: /where all who may read pods see it/,
    so: 'Each container has the token of its own role.',
    shows: [(pod) => new Set(['app', 'exporter'].map((name) => valueOf(pod, name, ENV.token)?.length)), new Set([43])],
  },
  {
    name: 'resources of the sidecar by annotation',
    pod: annotated('sidecar-memory-limit', '96Mi'),
    ...{ outcome: 'injected', reason: 'Injected' },
    so: 'The sidecar has them.',
    shows: [
      (pod) => named(pod, SIDECAR.name)?.resources,
      { limits: { memory: '96Mi' }, requests: { cpu: '10m', memory: '32Mi' } },
    ],
  },
  {
    name: 'resources of the sidecar that are no quantity',
    pod: annotated('sidecar-memory-limit', 'lots'),
    ...refused,
    reason: 'SidecarResourcesInvalid',
    says: /sidecar-memory-limit/,
    so: 'The message names annotation, limit and fix.',
  },
  {
    name: 'an unknown annotation of our prefix',
    pod: annotated('skip-container', 'app'),
    ...refused,
    reason: 'PodAnnotationInvalid',
    says: /did you mean rolechain.io\/skip-containers/,
    so: 'It may be meant to narrow a role.',
  },
  {
    name: 'container-roles with a role that the account does not declare',
    pod: annotated('container-roles', 'app=admin'),
    ...refused,
    reason: 'RoleUndeclared',
    says: /container app: admin/,
    so: 'A pod picks among the roles of its account, and adds none.',
  },
  {
    name: 'an account whose annotation is invalid',
    pod: podOf(),
    account: 'invalid',
    ...refused,
    reason: 'AnnotationInvalid',
    says: /duration is 32400 s, but takes at most 3600 s/,
    so: 'The message names field, limit and fix.',
  },
  {
    name: 'credentialSource: environment where the admin did not list the namespace',
    pod: podOf(),
    account: 'environment',
    ...refused,
    reason: 'SourceForbidden',
    so: 'It is off by default.',
  },
  {
    name: "another account's identity where the admin did not allow it",
    pod: podOf(),
    account: 'borrower',
    ...refused,
    reason: 'ServiceAccountForbidden',
    so: 'It is off by default.',
  },
  {
    name: 'a Namespace whose allowed-roles has no pattern for the role',
    pod: podOf(),
    namespace: 'fenced',
    ...refused,
    reason: 'RoleNotAllowed',
    says: /arn:aws:iam::222222222222:role\/orders/,
    so: 'It holds for the target and every hop.',
  },
  {
    name: 'a shape that the API does not know',
    pod: { ...podOf(), spec: { containers: 'none' } } as unknown as Pod,
    ...refused,
    reason: 'PodMalformed',
    says: /spec\.containers/,
    so: 'Only another caller than the apiserver can send it.',
    apiserver: 'unsent',
  },
];
