/** What is left out of the sidecar's bundle is out, and says its name if it is ever called. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { build } from 'esbuild';
import { LEFT_OUT, leaveOut } from '../../scripts/build/left-out.ts';
import { ROOT } from '../fixture/install.ts';

const inputs = (JSON.parse(readFileSync(join(ROOT, 'dist/inputs.json'), 'utf8')) as Record<string, string[]>).sidecar!;

test('every row replaces something, and all of it', () => {
  const replaced = inputs.flatMap((input) => /^left-out-(\d+):/.exec(input)?.[1] ?? []);
  expect(LEFT_OUT.filter((_row, index) => !replaced.includes(String(index))).map(({ module }) => module)).toEqual([]);
  const packages = inputs.map((input) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? '');
  expect(packages.filter((name) => LEFT_OUT.some(({ module }) => module.test(name)))).toEqual([]);
  expect(packages.filter((name) => /^(ajv|fast-uri|tdigest|bintrees)$/.test(name))).toEqual([]);
});

test.each([
  ["require('light-my-request')()", 'light-my-request'],
  ["require('@fastify/ajv-compiler')()({}, {})", '@fastify/ajv-compiler'],
  ["require('node:http2').connect()", 'node:http2 connect'],
  ["new (require('thread-stream'))()", 'thread-stream'],
])('%s throws its name', async (code, name) => {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: ROOT },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
    plugins: [leaveOut],
  });
  expect(() => {
    (runInThisContext(`() => {${outputFiles[0]!.text}}`) as () => void)();
  }).toThrow(`${name} is left out of this bundle`);
});
