/** Bundles each program into one CommonJS file under dist/. `node scripts/build.ts` */
import { build } from 'esbuild';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const PROGRAMS: Readonly<Record<string, string>> = {
  webhook: 'webhook/src/main.ts',
  sidecar: 'sidecar/src/main.ts',
  prober: 'sidecar/src/prober.ts',
};

/** Builds all of them; gives the names of the files that went into each bundle. */
export async function buildAll(outdir = `${ROOT}dist`): Promise<Record<string, string[]>> {
  const inputs = await Promise.all(
    Object.entries(PROGRAMS).map(async ([name, entry]) => {
      const result = await build({
        absWorkingDir: ROOT,
        entryPoints: [entry],
        outfile: `${outdir}/${name}.cjs`,
        bundle: true,
        platform: 'node',
        // A static import of ES modules keeps parts of Node alive that a CommonJS bundle never loads.
        format: 'cjs',
        target: 'node24',
        minifySyntax: true,
        minifyWhitespace: true,
        sourcemap: 'external',
        legalComments: 'external',
        metafile: true,
        logLevel: 'warning',
      });
      // Of what was read, what is left in the bundle.
      const output = Object.values(result.metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined);
      const kept = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
      return [name, kept.map(([file]) => file)] as const;
    }),
  );
  const all = Object.fromEntries(inputs);
  writeFileSync(`${outdir}/inputs.json`, JSON.stringify(all, null, 1));
  return all;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
