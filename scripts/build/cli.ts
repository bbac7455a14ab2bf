/** Builds the command line: modules, so that a command loads no other's. */
import { build } from 'esbuild';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM } from './root.ts';

/** Libraries in CommonJS ask for Node's modules by `require`, which a module does not have. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Writes `outdir`/cli/rolechain.mjs and its parts; gives the names of the files that went into them. */
export async function buildCLI(outdir: string): Promise<string[]> {
  const folder = join(outdir, 'cli');
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    ...PROGRAM,
    entryPoints: { rolechain: 'cli/src/main.ts' },
    outdir: folder,
    format: 'esm',
    splitting: true,
    outExtension: { '.js': '.mjs' },
    banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
    external: ['supports-color'],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'external',
  });
  chmodSync(join(folder, 'rolechain.mjs'), 0o755);
  const kept = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  return [...new Set(kept.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file))].sort();
}
