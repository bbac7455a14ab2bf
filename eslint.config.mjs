import js from '@eslint/js';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

/** What each package may import of ours, and where a wrong import belongs instead (adr/0001). */
const never = (names, message) => names.map((name) => ({ group: [name, `${name}/*`], message }));
const border = (files, names, message, extra = []) => ({
  files,
  ignores: ['**/*.test.ts', '**/testing.ts', '**/testing/**'],
  rules: {
    'no-restricted-imports': ['error', { patterns: [...never(names, message), ...extra] }],
  },
});

/**
 * Folders whose functions take clock, randomness and I/O as arguments. A new file in them is pure by default; the few that are not
 * stand in IMPURE, each with its reason.
 */
const PURE = [
  'shared/src/**/*.ts',
  'webhook/src/{objects,settings,injection,policy,patch,admission}/**/*.ts',
  'sidecar/src/{model,refresh}/**/*.ts',
  'sidecar/src/chain/{cache-key,web-identity-fallback}.ts',
  'sidecar/src/endpoint/{answer,places}.ts',
  'sidecar/src/source/{agent-first,profiles}.ts',
  'sidecar/src/sts/{aws-clock,denied,error-table,hint-facts}.ts',
  'certs/src/rotation.ts',
];
const IMPURE = [
  // It writes.
  'shared/src/logger.ts',
  // It is of node:http.
  'shared/src/sent-ahead.ts',
  // The system's own, which the others are given.
  'sidecar/src/model/{clock,files}.ts',
  // It reads what the process was started with.
  'sidecar/src/model/process-env.ts',
];
const IO = [
  'fs',
  'fs/promises',
  'http',
  'https',
  'net',
  'tls',
  'dns',
  'child_process',
  'timers',
  'timers/promises',
  'os',
  'process',
];

export default tseslint.config(
  { ignores: ['**/node_modules', 'dist', '**/*.cjs'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    // What strangers write meets regular expressions (contract, section 6): none may take longer than its text is long.
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignoreSticky: false }],
    },
  },
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines': ['error', { max: 300 }],
      'no-console': 'error',
      // A rename leaves `{ name: name }` behind.
      'object-shorthand': ['error', 'properties'],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Export by name: a default export has as many names as importers.',
        },
      ],
      // What is a type alone loads nothing: not @kubernetes/client-node, say, for its KubeConfig.
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      // For code with `this`; there is none here.
      '@typescript-eslint/unbound-method': 'off',
      // client-node's model classes are what its API takes; plain objects of that shape are its documented use.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  border(
    ['shared/src/**/*.ts'],
    [
      '@rolechain/webhook',
      '@rolechain/sidecar',
      '@rolechain/certs',
      '@rolechain/test',
      '@kubernetes/client-node',
      '@aws-sdk',
      'fastify',
    ],
    'shared is the vocabulary: it knows neither program, cluster nor AWS client. Put this into the package that uses it.',
  ),
  border(
    ['webhook/src/**/*.ts'],
    ['@rolechain/sidecar', '@rolechain/test', '@aws-sdk'],
    'webhook and sidecar meet in shared (SidecarConfig) alone.',
  ),
  border(
    ['sidecar/src/**/*.ts'],
    ['@rolechain/webhook', '@rolechain/certs', '@rolechain/test', '@kubernetes/client-node', 'node-forge', 'yaml'],
    'The sidecar runs in every pod: no Kubernetes client, no YAML. What both programs need belongs into shared.',
  ),
  border(
    ['certs/src/**/*.ts'],
    ['@rolechain/webhook', '@rolechain/sidecar', '@rolechain/test', '@aws-sdk', 'fastify'],
    'certs knows Secrets and webhook configurations, nothing of pods or roles.',
  ),
  border(
    ['test/{kit,doubles}/**/*.ts', 'test/models/{apiserver,injectors,istio,later,linkerd,seen,vault}.ts'],
    ['@rolechain/shared', '@rolechain/webhook', '@rolechain/sidecar', '@rolechain/test'],
    "What the product is compared with doesn't read the product's tables, or a wrong one passes on both sides: write the literal.",
  ),
  {
    files: PURE,
    ignores: ['**/*.test.ts', ...IMPURE],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: IO.map((name) => ({
            name: `node:${name}`,
            message:
              'This file is pure: take it as an argument, and do the I/O at the edge (main, server, source/, cluster/).',
          })),
        },
      ],
      'no-restricted-globals': [
        'error',
        ...['process', 'fetch', 'setTimeout', 'setInterval'].map((name) => ({
          name,
          message: 'This file is pure: take it as an argument.',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'This file is pure: take the time as an argument.' },
        { object: 'Math', property: 'random', message: 'This file is pure: take randomness as an argument.' },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/testing.ts', '**/testing/**', 'test/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },
  { files: ['**/*.mjs'], extends: [tseslint.configs.disableTypeChecked], rules: { 'no-restricted-syntax': 'off' } },
  {
    // Their packages are a workspace of their own, which isn't installed where this runs; `pnpm site` checks their types.
    files: ['site/{browser,.vitepress}/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['scripts/**', 'demo/**', 'bench/**', 'site/browser/**', 'test/**/*.ts', '**/*.mjs'],
    rules: { 'no-console': 'off' },
    languageOptions: { globals: { process: 'readonly', URL: 'readonly', console: 'readonly' } },
  },
);
