import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../../scripts/build/root.ts';
import { specifiersIn, makeReach } from '../../scripts/test/imports.ts';
import { testFiles } from '../../scripts/test/needs.ts';

const files = testFiles(ROOT);
const needsOf = (path: string): string[] => [...files.find((file) => file.path === path)!.needs].toSorted();

test('what a file leads to is what a bundler finds in it', async () => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: files.map(({ path }) => path),
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'dist',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    // Ours alone: what comes from npm needs nothing.
    plugins: [
      {
        name: 'ours',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@rolechain/') ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
  const bundled = (path: string): string[] => {
    const found = new Set([path]);
    for (const one of found) {
      for (const { path: next, external } of metafile.inputs[one]?.imports ?? []) {
        if (!external) found.add(relative(ROOT, join(ROOT, next)));
      }
    }
    return [...found].toSorted();
  };
  const reach = makeReach(ROOT);
  for (const { path } of files) expect([path, ...[...reach(path)].toSorted()]).toEqual([path, ...bundled(path)]);
});

test.each([
  ['import { a } from "./a.ts";', ['./a.ts']],
  ["import {\n  a,\n  type B,\n} from './a.ts';\nimport './b.ts';", ['./a.ts', './b.ts']],
  ["export { a } from './a.ts';\nexport * from './b.ts'", ['./a.ts', './b.ts']],
  ["const a = await import('./a.ts');", ['./a.ts']],
  ["import type { A } from './a.ts';\nexport type { B } from './b.ts';", []],
  ["// import { a } from './a.ts'\nconst from = './b.ts';", []],
])('%j imports %j', (text, expected) => {
  expect(specifiersIn(text)).toEqual(expected);
});

test('anyone who declares tests of a cluster, asks for a client or reads a bundle needs it', () => {
  const signs: [RegExp, string][] = [
    [/\bdescribeWith(Cluster|Binaries)\(/, 'newest'],
    [/\blocatePython\(/, 'Python environments'],
    [/\blocateGoClient\(/, 'Go client'],
    [/\bdescribeWithHelm\(/, 'helm'],
    [/'dist(?:\/(?!site)|')/, 'bundles'],
    [/'dist\/site/, 'site'],
  ];
  for (const { path, needs } of files) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    for (const [sign, need] of signs) {
      if (sign.test(text) && !path.startsWith('test/runner/'))
        expect([path, [...needs]]).toEqual([path, expect.arrayContaining([need])]);
    }
  }
});

test('a file of each kind', () => {
  expect(needsOf('shared/src/duration.test.ts')).toEqual([]);
  expect(needsOf('test/webhook/caches.test.ts')).toEqual(['newest']);
  expect(needsOf('test/faults/sts.test.ts')).toEqual(['Go client', 'Python environments']);
  expect(needsOf('test/e2e/main-job.test.ts')).toEqual(['Python environments', 'bundles', 'newest', 'oldest']);
  expect(files.filter(({ isUnit }) => isUnit).length).toBeGreaterThan(70);
  expect(files.filter(({ isUnit, path }) => isUnit && path.startsWith('test/'))).toEqual([]);
});
