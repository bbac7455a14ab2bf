/** What a decision on a pod can come to. */
export type Outcome = 'injected' | 'skipped' | 'refused';

export interface ReasonEntry {
  readonly outcome: Outcome;
  /** Conflicts follow the admin's setting `conflicts`; a pod's conflict skips the pod, a container's the container. */
  readonly conflict?: 'pod' | 'container';
  /**
   * `guard`: the webhook never gives it, the guard speaks where the webhook did not. `validate`: given when an object is
   * written, never to a pod.
   */
  readonly by?: 'guard' | 'validate';
  /** It leaves one container alone, never a pod. */
  readonly of?: 'container';
  readonly text: string;
  readonly fix: string;
}

const skipped = (text: string, fix = ''): ReasonEntry => ({ outcome: 'skipped', text, fix });
const skippedContainer = (text: string, fix = ''): ReasonEntry => ({ ...skipped(text, fix), of: 'container' });
const refused = (text: string, fix: string): ReasonEntry => ({ outcome: 'refused', text, fix });
const guarded = (text: string, fix: string): ReasonEntry => ({ ...refused(text, fix), by: 'guard' });
const podConflict = (text: string, fix: string): ReasonEntry => ({ ...refused(text, fix), conflict: 'pod' });
const containerConflict = (text: string, fix: string): ReasonEntry => ({
  ...refused(text, fix),
  conflict: 'container',
});

const LEAVE_POD = 'or leave the pod alone with the annotation rolechain.io/inject: "false"';
const LEAVE_CONTAINER = 'or name the container in the annotation rolechain.io/skip-containers';

/** The one table of reason codes: messages, `status`, logs, metrics and the reference read it. */
export const REASONS = {
  Injected: { outcome: 'injected', text: 'The sidecar and the variables are in the pod.', fix: '' },

  MirrorPod: skipped('A mirror pod is the copy of a static pod and cannot be changed.'),
  OptedOut: skipped(
    'The pod asks to be left alone: its annotation rolechain.io/inject is "false".',
    'If it needs a role, take the annotation out where the pod is made: in the template of its Deployment or Job.',
  ),
  NotAnnotated: skipped(
    'The ServiceAccount asks for no role.',
    'If the pod needs one, write rolechain.io/assume-role on this ServiceAccount, or name another in serviceAccountName of its spec; then recreate it.',
  ),
  NoContainerSelected: skipped(
    'No container of the pod holds a role.',
    'Give one a role with rolechain.io/container-roles, or set the annotation rolechain.io/inject: "false" if no container needs one.',
  ),
  DefaultNotAllowed: skipped(
    "The admin does not let this ServiceAccount have its Namespace's default role.",
    'Ask the admin to list it in the setting allowedServiceAccounts, or write rolechain.io/assume-role: none on the ServiceAccount.',
  ),
  SkipListed: skippedContainer(
    'The container is listed in rolechain.io/skip-containers.',
    'If it needs a role, take it out of that list and recreate the pod.',
  ),
  MeshContainer: skippedContainer("The container belongs to a service mesh or another webhook (the admin's list)."),
  NoPod: skipped('The review is not about the creation of a pod.'),

  AnnotationInvalid: refused(
    "The ServiceAccount's annotation is invalid.",
    'Correct the annotation and create the pod again.',
  ),
  DefaultRoleInvalid: refused(
    "The Namespace's annotation rolechain.io/assume-role is invalid, or cannot hold for this ServiceAccount.",
    'Ask the owner of the namespace to correct it, or write rolechain.io/assume-role: none on the ServiceAccount.',
  ),
  DefaultAccountsInvalid: {
    ...refused("The Namespace's annotation rolechain.io/assume-role-accounts is invalid.", 'Correct it.'),
    by: 'validate',
  },
  AnnotationUnknown: {
    ...refused(
      'An annotation of the prefix rolechain.io/ is not known to this version.',
      'Correct its name, or remove it.',
    ),
    by: 'validate',
  },
  PodAnnotationInvalid: refused('An annotation of the pod is invalid.', 'Correct it.'),
  SidecarResourcesInvalid: refused(
    'An annotation of the pod or of its Namespace asks for resources that the sidecar cannot have.',
    'Correct it.',
  ),
  LimitRangeTooTight: refused(
    "A LimitRange of the namespace leaves no room for the sidecar's resources.",
    `Ask the owner of the namespace to change it, correct the annotation where one asks for too much, ${LEAVE_POD}.`,
  ),
  SourceForbidden: refused(
    'credentialSource: environment is not allowed in this namespace.',
    'Ask the admin to list the namespace in the setting environmentSource.namespaces, or use another credentialSource.',
  ),
  AccountForbidden: refused(
    'The admin does not let this ServiceAccount ask for roles.',
    'Ask the admin to list it in the setting allowedServiceAccounts, or take the annotation out.',
  ),
  CredentialSourceForbidden: refused(
    'The admin does not allow the base identity.',
    'Use an allowed credentialSource, or ask the admin to list it in the setting credentialSources.',
  ),
  DurationTooLong: refused(
    'A session would last longer than the admin allows.',
    'Write a shorter duration, or ask the admin to raise the setting maxSessionDuration.',
  ),
  TagsImpossible: refused(
    'The session tags that the admin sets cannot be sent with the role.',
    'Take out of the annotation what the message names, or ask the admin to change the settings defaultTags and forcedTags.',
  ),
  PodMalformed: refused(
    'The pod does not have the shape that the API describes.',
    'Correct the field that the message names.',
  ),
  PodTooLarge: refused(
    'The pod is larger than the limit of rolechain.',
    `Make it smaller, give fewer containers fewer roles, ${LEAVE_POD}.`,
  ),
  RoleNotAllowed: refused(
    'The namespace does not allow a role of the chain.',
    'Ask the owner of the namespace to add a pattern to its annotation rolechain.io/allowed-roles, or take the role out.',
  ),
  AllowedRolesInvalid: refused(
    "The Namespace's annotation rolechain.io/allowed-roles is invalid.",
    'Ask the owner of the namespace to correct it.',
  ),
  RoleUndeclared: refused(
    'rolechain.io/container-roles names a role that the account does not declare.',
    "Declare it in the account's annotation, or correct the name.",
  ),
  ServiceAccountForbidden: refused(
    'The field serviceAccount is not allowed in this cluster.',
    'Ask the admin to turn on the setting otherServiceAccounts.',
  ),
  NameTaken: refused('A name that belongs to rolechain is taken.', `Rename it, ${LEAVE_POD}.`),
  /** Given by the guard, in the apiserver (manifests/base/guard.yaml); the webhook never gives it. */
  NotInjected: guarded(
    'The pod was not injected: the webhook was not called, did not answer, or had not yet seen the annotation.',
    'Create it again once both are there and ready: kubectl get deployment,mutatingwebhookconfiguration -A -l app.kubernetes.io/name=rolechain. If they are, rolechain doctor says why.',
  ),
  MountPathTaken: refused('The mount path of the token is taken.', `Mount it elsewhere, ${LEAVE_CONTAINER}.`),

  SharedProcessNamespace: podConflict(
    "With shareProcessNamespace or hostPID the containers can read each other's tokens, and they hold more than one role.",
    `Take shareProcessNamespace and hostPID out, give all containers one role, ${LEAVE_POD}.`,
  ),
  HostNetwork: podConflict(
    "On the host's network the credentials endpoint would be the node's.",
    `Take hostNetwork out, ${LEAVE_POD}.`,
  ),
  MeshWithoutNetwork: podConflict(
    'The sidecar has no network before the proxy of the mesh runs, which starts behind it.',
    `Let the mesh run its proxy as a native sidecar, exclude the addresses of STS and the Pod Identity agent from it, take startup: require out, ${LEAVE_POD}.`,
  ),
  Windows: podConflict('There is no sidecar for Windows.', `Use Linux nodes, ${LEAVE_POD}.`),
  StaticKeys: containerConflict(
    'The container sets static AWS keys, which every SDK prefers.',
    `Take them out, ${LEAVE_CONTAINER}.`,
  ),
  OwnWebIdentity: containerConflict(
    'The container sets a web identity of its own, which every SDK prefers.',
    `Take it out, ${LEAVE_CONTAINER}.`,
  ),
  OwnContainerCredentials: containerConflict(
    'The container sets a credentials endpoint of its own.',
    `Take it out, ${LEAVE_CONTAINER}.`,
  ),
} as const satisfies Record<string, ReasonEntry>;

export type ReasonCode = keyof typeof REASONS;

/** The table's entry of a reason code. */
export function reasonEntry(code: ReasonCode): ReasonEntry {
  return REASONS[code];
}
