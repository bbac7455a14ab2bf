/** Each helper, double and model is in the README of its folder: what it is for, or what it checks and what it leaves out. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const TEST = join(import.meta.dirname, '..');

test.each([
  ['kit', 'kit', (file: string) => file],
  ['doubles', 'doubles', (file: string) => file],
  ['kit/models', 'models', (file: string) => `test/kit/models/${file}`],
  ['models', 'models', (file: string) => file],
])('%s', (folder, readme, named) => {
  const text = readFileSync(join(TEST, readme, 'README.md'), 'utf8');
  const files = readdirSync(join(TEST, folder)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  expect(files).not.toEqual([]);
  expect(files.filter((file) => !text.includes(`\`${named(file)}\``))).toEqual([]);
});
