import { folders, onOldest } from './scripts/test/projects.ts';

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
  'github-slugger',
  'commander',
  'cookie',
];

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
  // What takes a minute takes twenty where others hold the processors: it ends what hangs, and judges nothing.
  testTimeout: 1_800_000,
  // It is looked for at each start otherwise.
  watchman: false,
  reporters: ['default', '<rootDir>/scripts/plain-line-reporter.mjs'],
};
