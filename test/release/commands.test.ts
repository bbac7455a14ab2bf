/** Commands of docs/release.md are those that are run: by CI, by the dry run itself, by the workflow. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VERSION } from '@rolechain/shared';
import { ROOT } from '../../scripts/build/root.ts';
import { CHECK_COMMAND, FILES_OF_A_RELEASE } from '../../scripts/release/folder.ts';

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const page = read('docs/release.md');
const commands = [...page.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, text = '']) =>
  text.replaceAll('\\\n', ' ').trim().split('\n'),
);

function release(...args: readonly string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/release.ts'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, GITHUB_OUTPUT: '' },
  });
  return { status, stderr };
}

test('each command of the page is run somewhere, or needs what is published', () => {
  const ran = [CHECK_COMMAND, 'npx -y pnpm@10 release --dry-run'];
  expect(commands.filter((command) => !/^(?:cosign|gh) /.test(command)).toSorted()).toEqual(ran.toSorted());
  expect(read('.ci/run')).toMatch(/^pnpm release --dry-run --quick$/m);
});

test('files that the page lists are those of the folder', () => {
  const [, list = ''] = /```text\n([^`]*)```/.exec(page) ?? [];
  const listed = list.split('\n').flatMap((line) => /^[\w.-]+/.exec(line)?.[0].replace('VERSION', VERSION) ?? []);
  expect(listed.toSorted()).toEqual([...FILES_OF_A_RELEASE].toSorted());
});

test('the identity that the page asks for is that of the workflow that signs', () => {
  const workflow = '.github/workflows/release.yaml';
  expect(commands.join('\n')).toContain(`/${workflow}@refs/tags/v`);
  expect(read(workflow)).toContain('release --publish');
});

test('options of the page are those of the program', () => {
  const options = [...page.matchAll(/`(--[a-z-]+)[ `]/g)].map(([, option = '']) => option);
  expect(options.length).toBeGreaterThan(4);
  const { stderr } = release();
  expect(options.filter((option) => !stderr.includes(option))).toEqual([]);
});

test.each([
  ['no step', []],
  ['two steps', ['--dry-run', '--publish']],
  ['an option that is none', ['--dry-run', '--force']],
])('%s: it says what it takes, and does nothing', (_name, args) => {
  const { status, stderr } = release(...args);
  expect(status).toBe(2);
  expect(stderr).toContain('release takes one of:');
});

test('a tag of another version is refused before anything is built', () => {
  const out = mkdtempSync(join(tmpdir(), 'rolechain-out-'));
  try {
    const { status, stderr } = release('--dry-run', '--tag', 'v9.9.9', '--out', join(out, 'release'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/^the tag is v9\.9\.9, not v/m);
  } finally {
    rmSync(out, { recursive: true });
  }
});

test('nothing is pushed to the registry of the examples, nor from a folder that is not whole', () => {
  expect(release('--publish')).toMatchObject({ status: 1, stderr: expect.stringContaining('--registry is missing') });
  expect(release('--announce', '--tag', 'v9.9.9')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('--tag is v9.9.9, not v'),
  });
});
