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
];

export default {
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  roots: ['shared', 'webhook', 'sidecar', 'certs', 'test', 'demo', 'scripts', 'manifests'].map((d) => `<rootDir>/${d}`),
  transform: {
    '\\.(m?ts|m?js)$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/\\.pnpm/(?!(${esmOnly.join('|')})@)`],
  testTimeout: 30_000,
  reporters: ['default', '<rootDir>/scripts/plain-line-reporter.mjs'],
};
