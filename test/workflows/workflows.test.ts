/** The workflows of GitHub Actions are sound, by its own linter, and run nothing but what runs anywhere. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../../scripts/build/root.ts';
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';

const WORKFLOWS = globSync('.github/workflows/*.{yaml,yml}', { cwd: ROOT });
/** `.ci/run`, or a command of package.json. */
const OURS = /^(?:sudo --preserve-env=[A-Z,]+ )?(?:\.ci\/run|npx -y pnpm@10 [\w:-]+)$/;

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string }[] }>>;
}

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
  const { jobs } = parse(readFileSync(join(ROOT, path), 'utf8')) as Workflow;
  const commands = Object.values(jobs).flatMap(({ steps }) =>
    steps.flatMap(({ run }) => (run === undefined ? [] : [run])),
  );
  expect(commands).not.toEqual([]);
  expect(commands.filter((command) => !OURS.test(command))).toEqual([]);
});
