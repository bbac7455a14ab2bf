/** The loader of a program that has an image, and its code cache. */
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ImageName } from './parts.ts';
import { ASCII, COMMON_JS, ROOT } from './root.ts';

/** The program that makes the cache: the image's build runs it on the image's own node. */
const maker = (program: ImageName): string => `make-${program}-code-cache`;

/** Builds the loader of `program` and the maker of its cache. */
export async function buildLoader(outdir: string, program: ImageName): Promise<void> {
  await build({
    ...ASCII,
    ...COMMON_JS,
    minify: true,
    entryPoints: {
      [program]: join(ROOT, 'sidecar/src/runtime/loader.ts'),
      [maker(program)]: join(ROOT, `scripts/build/${maker(program)}.ts`),
    },
    outdir,
    outExtension: { '.js': '.cjs' },
    // As in scripts/build.ts.
    external: ['supports-color'],
  });
}

/** Runs the maker in `folder` on this Node, as the image's build does on the image's. */
export async function makeCodeCache(folder: string, program: ImageName, flags: readonly string[]): Promise<void> {
  const env = { PATH: process.env.PATH };
  await promisify(execFile)(process.execPath, [...flags, join(folder, `${maker(program)}.cjs`)], {
    env,
    timeout: 180_000,
  });
}
