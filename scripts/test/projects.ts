/** Where jest's projects find their tests. */

/** Folders of test files. */
export const folders = [
  'shared',
  'webhook',
  'sidecar',
  'certs',
  'cli',
  'test',
  'demo',
  'bench',
  'scripts',
  'manifests',
];

/** What also runs on the oldest Kubernetes release that is claimed: all that an apiserver may take differently. */
export const onOldest = [
  'manifests/manifests.test.ts',
  'test/api-types/api-types.test.ts',
  'test/cluster/apiserver.test.ts',
  'test/e2e/main-job.test.ts',
  'test/guard/{default-role,default-role-globs,default-role-pods,flux-alias,guard}.test.ts',
  'test/hard-pods/apiserver.test.ts',
  'test/orders/orders.test.ts',
  'test/packages/apply.test.ts',
  'test/rolling/rolling.test.ts',
  'test/webhook/{events,warm-start,whole}.test.ts',
];
