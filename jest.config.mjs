// Sources are TypeScript modules; swc turns them into CommonJS for jest, and does the same for
// the dependencies that ship as ES modules alone, since jest's CommonJS loader can't require those.
const esmOnly = [
  '@kubernetes\\+client-node',
  'openid-client',
  'oauth4webapi',
  'jose',
  'socks-proxy-agent',
  'agent-base',
  'diff',
  'cookie',
];

const folders = ['shared', 'webhook', 'sidecar', 'certs', 'test', 'demo', 'bench', 'scripts', 'manifests'];

const project = {
  testEnvironment: 'node',
  roots: folders.map((name) => `<rootDir>/${name}`),
  transform: {
    '\\.(m?ts|m?js)$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/\\.pnpm/(?!(${esmOnly.join('|')})@)`],
};

/** What also runs on the oldest Kubernetes release that is claimed: all that an apiserver may take differently. */
const onOldest = [
  'manifests/manifests.test.ts',
  'test/api-types/api-types.test.ts',
  'test/cluster/apiserver.test.ts',
  'test/e2e/main-job.test.ts',
  'test/guard/{flux-alias,guard}.test.ts',
  'test/hard-pods/apiserver.test.ts',
  'test/orders/orders.test.ts',
  'test/webhook/whole.test.ts',
];

export default {
  projects: [
    { ...project, displayName: 'newest', testMatch: ['**/*.test.ts'] },
    {
      ...project,
      displayName: 'oldest',
      testMatch: onOldest.map((path) => `<rootDir>/${path}`),
      setupFiles: ['<rootDir>/test/cluster/oldest.ts'],
    },
  ],
  // What most tests take seconds for takes minutes where others hold the processors: it ends what hangs, and judges nothing.
  testTimeout: 180_000,
  reporters: ['default', '<rootDir>/scripts/plain-line-reporter.mjs'],
};
