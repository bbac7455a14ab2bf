/** What is wrong with a pod, or impossible in it. The account itself is in order. */
import { SDK_VARIABLES, type ReasonCode } from '@rolechain/shared';
import { ARN, AUDIT } from '../roles.ts';
import type { Refusal } from './refusal.ts';

const KEY = 'rolechain.io/container-roles';
const GRAMMAR = 'write container=role, several roles joined by +, several containers by a comma (FieldOutOfRange)';
const OR_LEAVE_POD = 'or leave the pod alone with the annotation rolechain.io/inject: "false".';
const OR_LEAVE_CONTAINER = 'or name the container in the annotation rolechain.io/skip-containers.';

/** An annotation of the pod that is wrong. */
const annotated = (name: string, pod: Readonly<Record<string, string>>, says: string): Refusal => ({
  name,
  annotation: ARN,
  pod,
  reason: 'PodAnnotationInvalid',
  says,
  atPod: true,
});

/** A spec that is refused. `app` is its container, but for what `spec` says. */
const shaped = (name: string, reason: ReasonCode, spec: Readonly<Record<string, unknown>>, says: string): Refusal => ({
  name,
  annotation: ARN,
  spec: { containers: [{ name: 'app', image: 'a:1' }], ...spec },
  reason,
  says,
  atPod: true,
});

const withEnv = (variable: string): Readonly<Record<string, unknown>> => ({
  containers: [{ name: 'app', image: 'a:1', env: [{ name: variable, value: 'x' }] }],
});
/** Each sign of Windows that stands for itself. */
const WINDOWS: readonly (readonly [sign: string, by: string, spec: Readonly<Record<string, unknown>>])[] = [
  ['os', 'spec.os.name', { os: { name: 'windows' } }],
  ['node-selector', 'spec.nodeSelector', { nodeSelector: { 'kubernetes.io/os': 'windows' } }],
  ['windows-build', 'spec.nodeSelector', { nodeSelector: { 'node.kubernetes.io/windows-build': '10.0.20348' } }],
  [
    'affinity',
    'spec.affinity.nodeAffinity',
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/os', operator: 'NotIn', values: ['linux'] }] },
            ],
          },
        },
      },
    },
  ],
  [
    'windows-options',
    'spec.securityContext.windowsOptions',
    { securityContext: { windowsOptions: { runAsUserName: 'ContainerUser' } } },
  ],
];
const windows = WINDOWS.map(([sign, by, spec]) =>
  shaped(
    `windows-by-${sign}`,
    'Windows',
    spec,
    `There is no sidecar for Windows: the pod asks for it by ${by}. Use Linux nodes, ${OR_LEAVE_POD}`,
  ),
);
const withMount = (mount: Readonly<Record<string, unknown>>, volume: string): Readonly<Record<string, unknown>> => ({
  containers: [{ name: 'app', image: 'a:1', volumeMounts: [mount] }],
  volumes: [{ name: volume, emptyDir: {} }],
});
const taken = (what: string): string =>
  `A name that belongs to rolechain is taken: ${what}. Rename it, ${OR_LEAVE_POD}`;

/** What is said of the variables by which an SDK would pass the sidecar by. */
const SAID: Readonly<Partial<Record<ReasonCode, (name: string) => string>>> = {
  StaticKeys: (name) =>
    `The container sets static AWS keys, which every SDK prefers: container app: ${name}. Take them out, ${OR_LEAVE_CONTAINER}`,
  OwnWebIdentity: (name) =>
    `The container sets a web identity of its own, which every SDK prefers: container app: ${name}. Take it out, ${OR_LEAVE_CONTAINER}`,
  OwnContainerCredentials: (name) =>
    `The container sets a credentials endpoint of its own: container app: ${name}. Take it out, ${OR_LEAVE_CONTAINER}`,
};
const variables = Object.entries(SDK_VARIABLES).flatMap(([name, { set }]) =>
  set === 'warning'
    ? []
    : shaped(name.toLowerCase().replaceAll('_', '-'), set, withEnv(name), SAID[set]?.(name) ?? 'a text of its own'),
);

export const PODS: readonly Refusal[] = [
  annotated(
    'an-unknown-pod-annotation',
    { 'rolechain.io/container-role': 'app=audit' },
    'rolechain.io/container-role is not an annotation of this version; did you mean rolechain.io/container-roles? (FieldUnknown)',
  ),
  annotated(
    'an-annotation-of-the-account-on-the-pod',
    { 'rolechain.io/assume-role': ARN },
    'rolechain.io/assume-role belongs on the ServiceAccount or the Namespace, and has no effect on the Pod; move it there (FieldUnknown)',
  ),
  annotated(
    'a-mistyped-annotation-of-the-account-on-the-pod',
    { 'rolechain.io/asume-role': ARN },
    'rolechain.io/asume-role is not an annotation of this version; did you mean rolechain.io/assume-role, on the ServiceAccount or the Namespace? (FieldUnknown)',
  ),
  annotated(
    'inject-neither-way',
    { 'rolechain.io/inject': 'no' },
    'rolechain.io/inject is neither "true" nor "false"; write one of them, or leave it out (FieldOutOfRange)',
  ),
  annotated(
    'a-token-in-a-header',
    { 'rolechain.io/authorization-token': 'header' },
    'rolechain.io/authorization-token is neither "file" nor "env"; write one of them, or leave it out (FieldOutOfRange)',
  ),
  annotated(
    'a-container-without-role',
    { [KEY]: 'app' },
    `${KEY} has an entry 1 that is not container=role; ${GRAMMAR}`,
  ),
  annotated(
    'a-container-twice',
    { [KEY]: 'app=audit,app=default' },
    `${KEY} names container app twice; join its roles by + (FieldOutOfRange)`,
  ),
  annotated(
    'a-role-twice',
    { [KEY]: 'app=audit+audit' },
    `${KEY} gives container app a role twice; leave one of them out (FieldOutOfRange)`,
  ),
  annotated(
    'none-beside-a-role',
    { [KEY]: '*=none+default' },
    `${KEY} gives the other containers (*) none beside a role; leave one of them out (FieldOutOfRange)`,
  ),
  annotated(
    'a-container-but-for-one-letter',
    { [KEY]: 'pap=default' },
    `${KEY} names container pap, which the pod does not have; did you mean app? (FieldUnknown)`,
  ),
  annotated(
    'a-role-for-a-skipped-container',
    { [KEY]: 'app=default', 'rolechain.io/skip-containers': 'app' },
    `${KEY} gives container app a role, and rolechain.io/skip-containers leaves it alone; leave one of them out (FieldConflict)`,
  ),
  annotated(
    'a-list-over-its-limit',
    { 'rolechain.io/skip-containers': 'sidecar,'.repeat(2000) },
    'rolechain.io/skip-containers on the Pod has more than 8192 bytes, its limit; shorten it (DocumentTooLarge)',
  ),
  annotated(
    'a-quantity-over-its-limit',
    { 'rolechain.io/sidecar-cpu-request': `${'1'.repeat(80_000)}!` },
    'rolechain.io/sidecar-cpu-request on the Pod has more than 64 bytes, its limit; shorten it (DocumentTooLarge)',
  ),
  {
    name: 'an-undeclared-role',
    annotation: ARN,
    pod: { [KEY]: 'app=audit' },
    reason: 'RoleUndeclared',
    says: "rolechain.io/container-roles names a role that the account does not declare: container app: audit. Declare it in the account's annotation, or correct the name.",
    atPod: true,
  },
  {
    name: 'a-shared-process-namespace',
    annotation: `{roleARN: "${ARN}", roles: {audit: {roleARN: "${AUDIT}"}}}`,
    pod: { [KEY]: 'app=audit' },
    spec: {
      shareProcessNamespace: true,
      containers: [
        { name: 'app', image: 'a:1' },
        { name: 'other', image: 'a:1' },
      ],
    },
    reason: 'SharedProcessNamespace',
    says: `With shareProcessNamespace or hostPID the containers can read each other's tokens, and they hold more than one role: by shareProcessNamespace. Take shareProcessNamespace and hostPID out, give all containers one role, ${OR_LEAVE_POD}`,
    atPod: true,
  },
  {
    ...shaped(
      'a-mesh-without-a-network',
      'MeshWithoutNetwork',
      { initContainers: [{ name: 'istio-validation', image: 'a:1' }] },
      `The sidecar has no network before the proxy of the mesh runs, which starts behind it: the pod has istio-validation, and no native proxy starts before the sidecar. Let the mesh run its proxy as a native sidecar, exclude the addresses of STS and the Pod Identity agent from it, take startup: require out, ${OR_LEAVE_POD}`,
    ),
    annotation: `{roleARN: "${ARN}", startup: require}`,
  },
  shaped(
    'more-containers-than-are-looked-at',
    'PodTooLarge',
    { containers: Array.from({ length: 251 }, (_, n) => ({ name: `c${n}`, image: 'a:1' })) },
    `The pod is larger than the limit of rolechain: it has 251 containers; the limit is 250. Make it smaller, give fewer containers fewer roles, ${OR_LEAVE_POD}`,
  ),
  shaped(
    'a-long-name-of-a-container',
    'PodTooLarge',
    { containers: [{ name: 'a'.repeat(64), image: 'a:1' }] },
    `The pod is larger than the limit of rolechain: the name of a container has 64 characters; the limit is 63. Make it smaller, give fewer containers fewer roles, ${OR_LEAVE_POD}`,
  ),
  shaped(
    'on-the-host-network',
    'HostNetwork',
    { hostNetwork: true },
    `On the host's network the credentials endpoint would be the node's. Take hostNetwork out, ${OR_LEAVE_POD}`,
  ),
  shaped(
    'on-the-host-network-with-static-keys',
    // The last of all that are told.
    'StaticKeys',
    { hostNetwork: true, ...withEnv('AWS_ACCESS_KEY_ID') },
    `On the host's network the credentials endpoint would be the node's. Take hostNetwork out, ${OR_LEAVE_POD} [HostNetwork] Also: The container sets static AWS keys, which every SDK prefers: container app: AWS_ACCESS_KEY_ID. Take them out, ${OR_LEAVE_CONTAINER}`,
  ),
  ...windows,
  shaped(
    'a-container-of-our-name',
    'NameTaken',
    { containers: [{ name: 'rolechain', image: 'a:1' }] },
    taken('the container containers[0] is named rolechain'),
  ),
  shaped(
    'an-init-container-of-our-name',
    'NameTaken',
    { initContainers: [{ name: 'rolechain', image: 'a:1' }] },
    taken('the container initContainers[0] is named rolechain'),
  ),
  shaped(
    'a-volume-of-our-name',
    'NameTaken',
    { volumes: [{ name: 'rolechain-cache', emptyDir: {} }] },
    taken("the volume rolechain-cache is not rolechain's"),
  ),
  shaped(
    'a-mount-of-all-tokens',
    'NameTaken',
    withMount({ name: 'rolechain', mountPath: '/tokens', readOnly: true }, 'rolechain'),
    taken('the container app mounts the volume rolechain'),
  ),
  shaped(
    'a-mount-on-the-token',
    'MountPathTaken',
    withMount({ name: 'own', mountPath: '/var/run/secrets/rolechain.io/default/' }, 'own'),
    `The mount path of the token is taken: container app: /var/run/secrets/rolechain.io/default. Mount it elsewhere, ${OR_LEAVE_CONTAINER}`,
  ),
  ...variables,
  {
    // The apiserver itself says so.
    name: 'the-webhook-is-down',
    installation: 'down',
    annotation: ARN,
    reason: 'NotInjected',
    says: 'The pod was not injected: the webhook was not called, did not answer, or had not yet seen the annotation. Create it again once both are there and ready: kubectl get deployment,mutatingwebhookconfiguration -A -l app.kubernetes.io/name=rolechain. If they are, rolechain doctor says why.',
    atPod: true,
  },
  {
    ...shaped(
      'a-pod-of-another-shape',
      'PodMalformed',
      { containers: 'app' },
      'The pod does not have the shape that the API describes: its shape: spec.containers is "app", but takes a list; write what it takes (FieldWrongType). Correct the field that the message names.',
    ),
    raw: true,
  },
];
