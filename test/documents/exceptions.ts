/** Names in documents that stand in no source of ours, and why. */

/** Names of other programs. */
export const OF_OTHERS: ReadonlySet<string> = new Set([
  // HTTP, IAM, EKS, glibc, Node.
  'Age',
  'iam:TagRole',
  '0500-amazon-eks-fargate-mutation.amazonaws.com',
  'vpc-resource-mutating-webhook',
  'MALLOC_MMAP_THRESHOLD_',
  'os.uptime',
  // Options of V8 that were measured and not taken.
  ...['jitless', 'lite-mode', 'minor-ms', 'no-sparkplug', 'no-turbofan', 'single-threaded-gc'],
  ...['--jitless', '--lite-mode', '--minor-ms', '--no-sparkplug', '--no-turbofan', '--single-threaded-gc'],
  // Kubernetes: its sources, metrics, files, resources and tools.
  ...['callAttrMutatingHook', 'dispatcher.go'],
  ...['apiserver_validating_admission_policy_check_total', 'enforcement_action'],
  ...[
    'etc/kubernetes/admission',
    'etc/kubernetes/admission/admission.yaml',
    'etc/kubernetes/pki/front-proxy-client.crt',
  ],
  ...['front-proxy-ca.crt', 'front-proxy-client', 'hosts.toml', 'kubeadm'],
  ...['pods/ephemeralcontainers', 'container-registry'],
  ...['Replace'],
  // Other webhooks.
  'azure.workload.identity/skip-containers',
  'istio-sidecar-injector',
  'linkerd-proxy-injector-webhook-config',
  'vault-agent-injector-cfg',
  // cert-manager.
  ...['cert-manager-cainjector', 'spec.issuerRef'],
  // ACK.
  'IAMRoleSelector',
  // Argo CD.
  'ignoreDifferences',
  // The AWS CLI.
  ...['get-role-policy', 'get-policy-version'],
  // Names of examples.
  'mirror.example/proxy/registry.example/rolechain/sidecar',
  'SERVICE.NAMESPACE.svc',
  'sts-fips.REGION.api.aws',
]);

/** What a recipe tells its reader to make. */
export const TO_MAKE: ReadonlySet<string> = new Set(['YourCode', 'x.test.ts', 'rolechain.io/your-annotation']);

/** Mistakes that docs/troubleshooting.md shows. */
export const MISTYPED: ReadonlySet<string> = new Set(['rolechain.io/asume-role']);

/** Pages about what is not here: texts of other repositories, and words that are not to be written. */
export const PAGES_OF_OTHERS: ReadonlySet<string> = new Set(['test/corpora/SOURCES.md', 'docs/style.md']);
