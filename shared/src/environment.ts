/** Environment names. The AWS ones are read by every SDK (AWS SDKs and Tools Reference Guide). */
export const ENV = {
  fullURI: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  relativeURI: 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  tokenFile: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  token: 'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  region: 'AWS_REGION',
  defaultRegion: 'AWS_DEFAULT_REGION',
  stsRegionalEndpoints: 'AWS_STS_REGIONAL_ENDPOINTS',
  metadataDisabled: 'AWS_EC2_METADATA_DISABLED',
  useDualstackEndpoint: 'AWS_USE_DUALSTACK_ENDPOINT',
  accessKeyID: 'AWS_ACCESS_KEY_ID',
  secretAccessKey: 'AWS_SECRET_ACCESS_KEY',
  sessionToken: 'AWS_SESSION_TOKEN',
  roleARN: 'AWS_ROLE_ARN',
  webIdentityTokenFile: 'AWS_WEB_IDENTITY_TOKEN_FILE',
  profile: 'AWS_PROFILE',
  /** The sidecar's configuration: a SidecarConfig as JSON in which every `$` is written \u0024. */
  config: 'ROLECHAIN_CONFIG',
  podName: 'ROLECHAIN_POD_NAME',
  podIP: 'ROLECHAIN_POD_IP',
  /** Value of the pod's label `eks.amazonaws.com/pod-identity`, through the downward API. */
  podIdentityLabel: 'ROLECHAIN_POD_IDENTITY_LABEL',
  /** Prefix of every path that the sidecar reads and writes, for trying it out outside a pod. */
  root: 'ROLECHAIN_ROOT',
  /** Node's own: egress proxy and private CA (nodejs.org/api/cli.html). */
  useEnvProxy: 'NODE_USE_ENV_PROXY',
  httpsProxy: 'HTTPS_PROXY',
  httpProxy: 'HTTP_PROXY',
  noProxy: 'NO_PROXY',
  extraCA: 'NODE_EXTRA_CA_CERTS',
  /** Level of the sidecar's log, one of pino's, for trying it out: a pod never sets it. The webhook has a setting. */
  logLevel: 'ROLECHAIN_LOG_LEVEL',
  /** The webhook's own Namespace, pod and node, through the downward API. */
  namespace: 'ROLECHAIN_NAMESPACE',
  nodeName: 'ROLECHAIN_NODE_NAME',
  /** Lifetimes of the webhook's certificates, for tests: `leaf=1m,authority=5m` (certificate-times.ts). */
  certificateLifetimes: 'ROLECHAIN_CERTIFICATE_LIFETIMES',
} as const;
