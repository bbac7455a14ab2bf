import { RESOURCES } from './kubernetes.ts';
import { LIMITS } from './limits.ts';

/** One annotation or label key that rolechain reads or writes. */
export interface AnnotationEntry {
  readonly key: string;
  /** `A, Namespace`: on either; that of A wins. */
  readonly on: 'ServiceAccount' | 'Pod' | 'Namespace' | 'Pod, Namespace' | 'ServiceAccount, Namespace';
  readonly writtenBy: 'user' | 'webhook';
  /** The most of a value that is read: a longer one is refused before it is looked at. What is never read has none. */
  readonly maxBytes?: number;
  /** What it means, for the reference. */
  readonly text: string;
}

const { ephemeralStorageRequest, ephemeralStorageLimit, ephemeralStorageLimitMin } = RESOURCES;
const OWN_RESOURCES =
  "In a pod with resources of its own (`spec.resources`) only the pod's annotation counts, not its Namespace's.";
const GUARANTEED = 'In a Guaranteed pod it is the request too, so that the pod stays Guaranteed.';

/** Every annotation of this version. The reference is generated from this table. */
export const ANNOTATIONS = {
  assumeRole: {
    key: 'rolechain.io/assume-role',
    on: 'ServiceAccount, Namespace',
    writtenBy: 'user',
    maxBytes: LIMITS.annotationBytes,
    text: 'The role that pods of this ServiceAccount assume: a bare role ARN, or a YAML or JSON document. `none` asks for no role. On a Namespace, with the setting `namespaceDefaultRole`: the same for its ServiceAccounts that have no such annotation.',
  },
  assumeRoleAccounts: {
    key: 'rolechain.io/assume-role-accounts',
    on: 'Namespace',
    writtenBy: 'user',
    maxBytes: LIMITS.assumeRoleAccountsBytes,
    text: "Globs of the names of ServiceAccounts, separated by white space, that the Namespace's `rolechain.io/assume-role` is for; `*` is any text. Without it: all. A ServiceAccount with `eks.amazonaws.com/role-arn` must be named without a `*`.",
  },
  inject: {
    key: 'rolechain.io/inject',
    on: 'Pod',
    writtenBy: 'user',
    maxBytes: LIMITS.wordBytes,
    text: '"false" leaves this pod alone. It is looked at before the account\'s annotation is parsed.',
  },
  skipContainers: {
    key: 'rolechain.io/skip-containers',
    on: 'Pod',
    writtenBy: 'user',
    maxBytes: LIMITS.skipContainersBytes,
    text: 'Comma-separated names of containers to leave alone.',
  },
  containerRoles: {
    key: 'rolechain.io/container-roles',
    on: 'Pod',
    writtenBy: 'user',
    maxBytes: LIMITS.containerRolesBytes,
    text: 'Which declared roles each container gets, as `exporter=audit,app=default+audit`: the first is the one of its environment, the tokens of all are mounted. `*` stands for containers that it does not name; without it they hold `default`, where that is declared. `none` alone means no role. A name that no container has draws a warning, or refuses the pod where a container that is not named has it but for one letter.',
  },
  authorizationToken: {
    key: 'rolechain.io/authorization-token',
    on: 'Pod',
    writtenBy: 'user',
    maxBytes: LIMITS.wordBytes,
    text: '`file` (default) or `env`: also sets AWS_CONTAINER_AUTHORIZATION_TOKEN, for SDKs too old to read a token file. Readers of the pod see it; the JavaScript SDK warns that both are set, and takes the file. It stays the same when the sidecar starts again, so a container that took the port meanwhile can use what it was sent.',
  },
  sidecarCPURequest: {
    key: 'rolechain.io/sidecar-cpu-request',
    on: 'Pod, Namespace',
    writtenBy: 'user',
    maxBytes: LIMITS.quantityChars,
    text: `A quantity: the sidecar's CPU request instead of ${RESOURCES.cpuRequest}. ${OWN_RESOURCES}`,
  },
  sidecarCPULimit: {
    key: 'rolechain.io/sidecar-cpu-limit',
    on: 'Pod, Namespace',
    writtenBy: 'user',
    maxBytes: LIMITS.quantityChars,
    text: `A quantity: the sidecar's CPU limit, set also where other containers have none. Without it: ${RESOURCES.cpuLimit} where every other container has one, none elsewhere. ${GUARANTEED}`,
  },
  sidecarMemoryRequest: {
    key: 'rolechain.io/sidecar-memory-request',
    on: 'Pod, Namespace',
    writtenBy: 'user',
    maxBytes: LIMITS.quantityChars,
    text: `A quantity: the sidecar's memory request instead of ${RESOURCES.memoryRequest}. ${OWN_RESOURCES}`,
  },
  sidecarMemoryLimit: {
    key: 'rolechain.io/sidecar-memory-limit',
    on: 'Pod, Namespace',
    writtenBy: 'user',
    maxBytes: LIMITS.quantityChars,
    text: `A quantity: the sidecar's memory limit instead of ${RESOURCES.memoryLimit}, at least ${RESOURCES.memoryLimitMin}. ${GUARANTEED}`,
  },
  sidecarEphemeralStorageRequest: {
    key: 'rolechain.io/sidecar-ephemeral-storage-request',
    on: 'Pod, Namespace',
    writtenBy: 'user',
    maxBytes: LIMITS.quantityChars,
    text: `A quantity: the sidecar's request of local disk instead of ${ephemeralStorageRequest}.`,
  },
  sidecarEphemeralStorageLimit: {
    key: 'rolechain.io/sidecar-ephemeral-storage-limit',
    on: 'Pod, Namespace',
    writtenBy: 'user',
    maxBytes: LIMITS.quantityChars,
    text: `A quantity: the sidecar's limit of local disk, which is its logs, at least ${ephemeralStorageLimitMin}. Without it: ${ephemeralStorageLimit} where another container has one, none elsewhere. It is set also where no other has one, with a warning: the kubelet takes it for the whole pod's then.`,
  },
  status: {
    key: 'rolechain.io/status',
    on: 'Pod',
    writtenBy: 'webhook',
    text: 'What was injected: one line of JSON with version, roles, containers, skipped containers and the hash of the annotation.',
  },
  skipped: {
    key: 'rolechain.io/skipped',
    on: 'Pod',
    writtenBy: 'webhook',
    text: 'The reason code why the pod was left without a sidecar though its account asks for a role.',
  },
  allowedRoles: {
    key: 'rolechain.io/allowed-roles',
    on: 'Namespace',
    writtenBy: 'user',
    maxBytes: LIMITS.allowedRolesBytes,
    text: "ARN patterns separated by white space, matched as IAM's ArnLike: the target and every hop of every account of the namespace must match one.",
  },
} as const satisfies Record<string, AnnotationEntry>;

/** The prefix of every key of ours. */
export const ANNOTATION_PREFIX = 'rolechain.io/';

/** Keys of others that rolechain reads or extends. */
export const FOREIGN_KEYS = {
  /** The kubelet marks the API's copy of a static pod with it; its spec can't be changed. */
  mirrorPod: 'kubernetes.io/config.mirror',
  /** EKS webhook: containers that it leaves alone; one CSV record without trimming. */
  eksSkipContainers: 'eks.amazonaws.com/skip-containers',
  /** EKS webhook: the IRSA role of a ServiceAccount. */
  eksRoleARN: 'eks.amazonaws.com/role-arn',
  /** EKS webhook: audience of the IRSA token; sts.amazonaws.com when absent. */
  eksAudience: 'eks.amazonaws.com/audience',
  /** EKS webhook 0.6.15 and later: label of a pod whose account has a Pod Identity association. */
  eksPodIdentityLabel: 'eks.amazonaws.com/pod-identity',
  /** Vault's agent injector: whether a pod asks for its agent, by which method that logs in, and whether processes see one another. */
  vaultInject: 'vault.hashicorp.com/agent-inject',
  vaultAuthType: 'vault.hashicorp.com/auth-type',
  vaultShareProcesses: 'vault.hashicorp.com/agent-share-process-namespace',
  /** Flux's annotation of the same purpose, an alias of ours where the admin allows it. */
  fluxAssumeRole: 'aws.auth.fluxcd.io/assume-role',
  /** Velero: volumes that its file system backup leaves out, separated by commas and nothing else. */
  veleroExcludes: 'backup.velero.io/backup-volumes-excludes',
  nodeRegionLabel: 'topology.kubernetes.io/region',
  nodeOS: 'kubernetes.io/os',
  /** Its name before Kubernetes 1.14, which kubelets still write. */
  betaNodeOS: 'beta.kubernetes.io/os',
  /** The kubelet of Windows writes it, with the system's build. */
  windowsBuild: 'node.kubernetes.io/windows-build',
} as const;
