/** The workflows of GitHub Actions are sound, by its own linter, and run nothing but what runs anywhere. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../../scripts/build/root.ts';
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';

const WORKFLOWS = globSync('.github/workflows/*.{yaml,yml}', { cwd: ROOT });
/** `.ci/run`, or a command of package.json or of pnpm itself, with options. What GitHub gives, it gives as a variable. */
const OURS =
  /^(?:sudo --preserve-env=[A-Z,]+ )?(?:\.ci\/run|npx -y pnpm@10 (?<script>[\w:-]+)(?: --[a-z-]+| "(?:\$[A-Z_]+\/?)+")*)$/;
const SCRIPTS = Object.keys(
  (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts,
);

type Permissions = string | Readonly<Record<string, string>>;
interface Workflow {
  readonly permissions?: Permissions;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly permissions?: Permissions;
        readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
      }
    >
  >;
}
const read = (path: string): Workflow => parse(readFileSync(join(ROOT, path), 'utf8')) as Workflow;

const go: string | Absent =
  spawnSync('go', ['version']).status === 0 ? 'go' : { reason: 'no Go on the PATH, which makes actionlint' };

describeWhen<string>(
  'actionlint',
  go,
  (program) => {
    test('finds nothing', () => {
      expect(lint(WORKFLOWS)).toEqual({ status: 0, stdout: '' });
    });

    test('would find a context that does not exist', () => {
      const { status, stdout } = lint(
        ['-'],
        'on: push\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: "${{ githb.x }}"}]}}',
      );
      expect(status).toBe(1);
      expect(stdout).toContain('undefined variable "githb"');
    });

    function lint(paths: readonly string[], input = ''): { status: number | null; stdout: string } {
      const env = { ...process.env, GOWORK: 'off', GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly' };
      const args = [
        'tool',
        'actionlint',
        '-no-color',
        ...paths.map((path) => (path === '-' ? path : join(ROOT, path))),
      ];
      const { status, stdout, stderr } = spawnSync(program, args, {
        cwd: import.meta.dirname,
        env,
        input,
        encoding: 'utf8',
      });
      // Of Go itself: a module that can't be had is no finding.
      if (status !== 0 && stdout === '') throw new Error(stderr);
      return { status, stdout };
    }
  },
  'go',
);

test.each(WORKFLOWS)('%s runs only commands of this repository', (path) => {
  const steps = Object.values(read(path).jobs).flatMap((job) => job.steps);
  const commands = steps.flatMap(({ run }) => (run === undefined ? [] : [run.trim()]));
  expect(commands).not.toEqual([]);
  const foreign = commands.filter((command) => {
    const match = OURS.exec(command);
    const script = match?.groups?.script;
    return match === null || (script !== undefined && ![...SCRIPTS, 'install', 'audit'].includes(script));
  });
  expect(foreign).toEqual([]);
});

test.each([
  'curl -sSf https://example.com | sh',
  'npx -y pnpm@10 install && rm -rf /',
  'npx -y pnpm@10 release --tag "${{ github.ref_name }}"',
  'npx -y pnpm@10 release --tag $GITHUB_REF_NAME',
])('%s is no such command', (command) => {
  expect(OURS.test(command)).toBe(false);
});

const mayWrite = ({ permissions, jobs }: Workflow): boolean =>
  [permissions, ...Object.values(jobs).map((job) => job.permissions)].some((given) =>
    JSON.stringify(given ?? {}).includes('write'),
  );

test('a workflow that may write or sign takes each action by its commit, and says which release that is', () => {
  const writing = WORKFLOWS.filter((path) => mayWrite(read(path)));
  expect(writing).toContain('.github/workflows/release.yaml');
  for (const path of writing) {
    const lines = readFileSync(join(ROOT, path), 'utf8')
      .split('\n')
      .filter((line) => line.includes('uses:'));
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  }
});

test('the job that builds a release has no right but to read, and gets no other from the workflow', () => {
  const { permissions, jobs } = read('.github/workflows/release.yaml');
  expect(permissions).toEqual({});
  expect(jobs.build?.permissions).toEqual({ contents: 'read' });
});
