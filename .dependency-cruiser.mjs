/** Which way imports go (adr/0001): down the lists, never up, and never in a circle. `pnpm lint` runs it. */

/**
 * The folders of each program, lowest first: each may import those before it, and its own files. `.` stands for the files beside
 * the folders; what stands in one entry is on one level.
 */
export const HOUSE = {
  shared: ['. error-table metric-table', 'annotation', 'sidecar-config'],
  webhook: [
    'objects',
    'settings',
    'telemetry',
    'injection',
    'policy',
    'patch',
    'cluster',
    'admission',
    'endpoint',
    'warm-up',
    '.',
  ],
  sidecar: ['model', 'sts', 'source', 'refresh', 'chain', 'telemetry', 'endpoint', 'startup', 'runtime', '.'],
  cli: [
    'terminal report-schemas objects',
    'documents cluster iam',
    'explanation status scan migrate doctor',
    'commands',
    '.',
  ],
};
/** What a test needs, it may import. index.ts is what others see of a package: it exports from everywhere. */
const FREE = '(\\.test\\.ts$|/testing(/|\\.ts$)|/index\\.ts$)';

const pattern = (program, level) => {
  const parts = level.split(' ').map((folder) => (folder === '.' ? '[^/]+\\.ts$' : `${folder}/`));
  return `^${program}/src/(${parts.join('|')})`;
};
const upward = Object.entries(HOUSE).flatMap(([program, folders]) =>
  folders.slice(0, -1).map((folder, at) => ({
    name: `nothing above ${program}/src/${folder}`,
    comment: `It stands below ${folders.slice(at + 1).join(', ')}: move what both need down, or take it as an argument.`,
    severity: 'error',
    from: { path: pattern(program, folder), pathNot: FREE },
    to: { path: folders.slice(at + 1).map((other) => pattern(program, other)) },
  })),
);

export default {
  forbidden: [
    {
      name: 'no circle',
      comment: 'Put the types that both need into a file of their own.',
      severity: 'error',
      from: { pathNot: FREE },
      to: { circular: true },
    },
    ...upward,
    {
      name: 'a place for every folder',
      comment: 'Name it in HOUSE (.dependency-cruiser.mjs).',
      severity: 'error',
      from: {},
      to: {
        path: Object.keys(HOUSE).map((program) => `^${program}/src/[^/]+/`),
        pathNot: [
          ...Object.entries(HOUSE).flatMap(([program, folders]) => folders.map((name) => pattern(program, name))),
          FREE,
        ],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(node_modules|dist)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
