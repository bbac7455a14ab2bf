/** What the command says before it starts anything. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolechain-demo-'));
  writeFileSync(join(folder, 'broken.yaml'), 'apiVersion: v1\nkind: [\n');
  writeFileSync(join(folder, 'service.yaml'), 'apiVersion: v1\nkind: Service\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

function demo(...args: string[]): Promise<{ code: unknown; output: string }> {
  const env = { PATH: process.env.PATH, INIT_CWD: folder, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(__dirname, '../../demo/src/main.ts'), ...args],
      { env, cwd: '/' },
      (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, output: stdout + stderr });
      },
    );
  });
}

test.each<[string, string[], RegExp]>([
  ['a file that is not there', ['--file', 'absent.yaml'], /^\n✗ absent\.yaml can't be read: there is no such file\n$/],
  ['a folder', ['--file', '.'], /^\n✗ \. can't be read: it is a folder; /],
  ['what is no YAML, with its place', ['--file', 'broken.yaml'], /^\n✗ .* at line 3, column 1/],
  ['what has no workload', ['--', '--file', 'service.yaml'], /^\n✗ service\.yaml has no workload, only Service\./],
  ['an unknown flag', ['--fil', 'x'], /^\n✗ Unknown option '--fil'/],
  [
    'a name without a workload',
    ['--name', 'x'],
    /^\n✗ .*orders\.yaml has no workload x\. It has Deployment\/orders\.\n$/,
  ],
])('%s: exit code 1 and a sentence', async (_name, args, expected) => {
  const { code, output } = await demo(...args);
  expect(output).toMatch(expected);
  expect(output).not.toMatch(/^ +at /m);
  expect(code).toBe(1);
});
