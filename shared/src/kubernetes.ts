/** Names and fixed values that rolechain writes into pods. */
export const SIDECAR = {
  /** The native sidecar's container name. */
  name: 'rolechain',
  /** The token volume; every other volume of ours begins with `volumePrefix`. */
  tokenVolume: 'rolechain',
  volumePrefix: 'rolechain-',
  baseIdentityVolume: 'rolechain-base-identity',
  environmentVolume: 'rolechain-environment',
  externalIDsVolume: 'rolechain-external-ids',
  apiAccessVolume: 'rolechain-api-access',
  tokenVolumeSize: '1Mi',
  /** Name of the port of health and metrics, where it is declared. */
  metricsPort: 'rolechain',
  /** Not 65532, the commonest application user: processes of one user can read each other's memory. */
  user: 28173,
} as const;

/** Resources of the sidecar, as measured for a Node process of its kind (docs: what a sidecar costs). */
export const RESOURCES = {
  cpuRequest: '10m',
  memoryRequest: '32Mi',
  memoryLimit: '64Mi',
  /** The least that an annotation may ask for: at 24Mi the process just survives, its image in the page cache already. */
  memoryLimitMin: '32Mi',
  /** Set only when every other container has a CPU limit: at 100m a start takes ten times as long. */
  cpuLimit: '500m',
  /** Request and limit in a Guaranteed pod, where they must be equal and are taken from the node whole. */
  guaranteedCPU: '100m',
  /**
   * None to speak of: a scheduler puts a pod that requests any on no node whose kubelet doesn't count it
   * (localStorageCapacityIsolation: false). It stands there, so that a LimitRange's default doesn't.
   */
  ephemeralStorageRequest: '0',
  /**
   * The root file system is read-only and the tokens are in memory, so that logs are all: by the kubelet's defaults five
   * files of 10 MiB. Set only where another container has one: the kubelet evicts a pod whose disk use, emptyDirs
   * included, is over the sum of what limits there are (pkg/kubelet/eviction, podEphemeralStorageLimitEviction).
   */
  ephemeralStorageLimit: '256Mi',
  ephemeralStorageLimitMin: '64Mi',
} as const;

/** A DNS label (RFC 1123), the form of a role's name. */
export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** A DNS subdomain (RFC 1123), the form of most objects' names. */
export const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Whether a text is a DNS label: the name of a Namespace. */
export function isDNSLabel(text: unknown): text is string {
  return typeof text === 'string' && text.length <= 63 && DNS_LABEL.test(text);
}

/** Whether a text is a DNS subdomain, of at most 253 characters: the name of a ServiceAccount. */
export function isDNSSubdomain(text: unknown): text is string {
  return typeof text === 'string' && text.length <= 253 && DNS_SUBDOMAIN.test(text);
}

/** The name of the role at the top level of the annotation. */
export const DEFAULT_ROLE = 'default';
/** Stands for no role in `rolechain.io/container-roles`. */
export const NO_ROLE = 'none';
/** Names that no role of `roles` may have. */
export const RESERVED_ROLES: readonly string[] = [DEFAULT_ROLE, NO_ROLE];

/**
 * Containers that others add in front of everything or beside it, service meshes, Vault's agent, Azure's proxy and Velero: they need
 * no AWS role, and with none it doesn't matter whether they start before the sidecar or were there when we were called.
 */
export const MESH_CONTAINERS: readonly string[] = [
  'istio-init',
  'istio-proxy',
  'istio-validation',
  'linkerd-init',
  'linkerd-proxy',
  'linkerd-network-validator',
  'linkerd-debug',
  'vault-agent-init',
  'vault-agent',
  'azwi-proxy-init',
  'azwi-proxy',
  'restore-wait',
  'restic-wait',
];

/** Init containers by which meshes make sure that their CNI plugin leads the pod's connections to the proxy. */
export const MESH_VALIDATORS: readonly string[] = ['istio-validation', 'linkerd-network-validator'];

/**
 * Annotations of a pod by which some of its connections are not led to the proxy: Istio's (istio/api,
 * annotation/annotations.yaml) and linkerd's (linkerd2 pkg/k8s/labels.go).
 */
export const MESH_EXCLUSIONS: readonly string[] = [
  'traffic.sidecar.istio.io/excludeOutboundIPRanges',
  'traffic.sidecar.istio.io/excludeOutboundPorts',
  'traffic.sidecar.istio.io/includeOutboundIPRanges',
  'config.linkerd.io/skip-outbound-ports',
  'config.linkerd.io/skip-subnets',
];

/** Names of what an installation is made of, as manifests/ and the chart have them. */
export const INSTALLED = {
  namespace: 'rolechain',
  /** Of both webhook configurations. */
  configuration: 'rolechain',
  /** Of Deployment, Service, ServiceAccount, PodDisruptionBudget, and of the ConfigMap of settings. */
  webhook: 'rolechain-webhook',
  certificateSecret: 'rolechain-webhook-tls',
  /** The key of the settings in their ConfigMap, which the Deployment mounts as PATHS.settings. */
  settingsKey: 'settings.yaml',
} as const;

/** Labels by convention (Kubernetes, Recommended Labels), on every object of ours. */
export const LABELS = { name: 'app.kubernetes.io/name', version: 'app.kubernetes.io/version' } as const;

/** The kinds by which an apiserver is told of a webhook. */
export const WEBHOOK_CONFIGURATION_KINDS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const;
export type WebhookConfigurationKind = (typeof WEBHOOK_CONFIGURATION_KINDS)[number];

/** The bindings of the guard (manifests/base/guard.yaml), and of that of default roles (manifests/components/default-role). */
export const GUARD_BINDINGS = [
  'rolechain-guard',
  'rolechain-guard-default-role',
  'rolechain-guard-default-role-opted-in',
  'rolechain-guard-opted-in',
] as const;

/** What the webhook keeps by list and watch, as the API names it. */
export const CACHES = ['serviceaccounts', 'namespaces', 'limitranges'] as const;
export type Cache = (typeof CACHES)[number];
