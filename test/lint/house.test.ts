/** The house's borders hold: small trees that break them one by one are refused, by the rules that `pnpm lint` runs. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolechain-house-'));
  for (const name of ['.dependency-cruiser.mjs', 'eslint.config.mjs', 'tsconfig.json', 'package.json'])
    cpSync(join(ROOT, name), join(folder, name));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function run(tool: string, ...args: string[]): { status: number | null; said: string } {
  const path = join(ROOT, 'node_modules', ...tool.split('/'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

const cruise = (): { status: number | null; said: string } =>
  run('dependency-cruiser/bin/dependency-cruiser.mjs', 'webhook', '-c', '.dependency-cruiser.mjs');
const lint = (path: string): { status: number | null; said: string } => run('eslint/bin/eslint.js', path);

const A = 'webhook/src/objects/a.ts';
const B = 'webhook/src/objects/b.ts';

test.each<[string, Readonly<Record<string, string>>, string | undefined]>([
  [
    'downward',
    { 'webhook/src/policy/a.ts': "export { b } from '../objects/b.ts';\n", [B]: 'export const b = 1;\n' },
    undefined,
  ],
  [
    'in a circle of types',
    {
      [A]: "import type { B } from './b.ts';\nexport type A = B;\n",
      [B]: "import type { A } from './a.ts';\nexport type B = A | 1;\n",
    },
    'no circle',
  ],
  [
    'upward, and of types alone',
    {
      [A]: "import type { B } from '../policy/b.ts';\nexport type A = B;\n",
      'webhook/src/policy/b.ts': 'export type B = 1;\n',
    },
    'nothing above webhook/src/objects',
  ],
  [
    'to a folder that has no place',
    { 'webhook/src/main.ts': "export { b } from './misc/b.ts';\n", 'webhook/src/misc/b.ts': 'export const b = 1;\n' },
    'a place for every folder',
  ],
])('an import %s', (_name, files, rule) => {
  write(files);
  const { status, said } = cruise();
  expect([status === 0, said]).toEqual([rule === undefined, rule === undefined ? said : expect.stringContaining(rule)]);
});

test.each([
  [
    'a file in a pure folder that reads',
    'webhook/src/policy/new.ts',
    "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n",
    'This file is pure',
  ],
  [
    'a file in a pure folder that takes the time',
    'sidecar/src/model/new.ts',
    'export const x = (): number => Date.now();\n',
    'This file is pure',
  ],
  [
    'a file of more than 300 lines',
    'webhook/src/cluster/new.ts',
    '\n'.repeat(300) + 'export const x = 1;\n',
    'max-lines',
  ],
  ...['test/doubles/new.ts', 'test/kit/new/new.ts', 'test/models/vault.ts'].map((path) => [
    `${path} that reads the product's tables`,
    path,
    "import { ENV } from '@rolechain/shared';\nexport const x = ENV;\n",
    'a wrong one passes on both sides',
  ]),
])('%s', (_name, path, text, message) => {
  write({ [path]: text });
  expect(lint(path)).toEqual({ status: 1, said: expect.stringContaining(message) });
  write({ [path]: 'export const x = 1;\n' });
  expect(lint(path)).toMatchObject({ status: 0 });
});
