/** Builds each program into dist/: `node scripts/build.ts` */
import { build } from 'esbuild';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCLI } from './build/cli.ts';
import { writeContents } from './build/contents.ts';
import type { ProgramName } from './build/parts.ts';
import { keptInputs, PROGRAM, ROOT } from './build/root.ts';
import { buildProber, buildSidecar } from './build/sidecar.ts';

export { ROOT };

/** Builds all of them; gives the names of the files that went into each bundle. */
export async function buildAll(
  outdir = join(ROOT, 'dist'),
): Promise<Record<ProgramName | 'prober', readonly string[]>> {
  const [webhook, { inputs: sidecar }, prober, cli] = await Promise.all([
    buildWebhook(outdir),
    buildSidecar(outdir),
    buildProber(outdir),
    buildCLI(outdir),
  ]);
  const all = { webhook, sidecar, prober, cli };
  writeFileSync(join(outdir, 'inputs.json'), JSON.stringify(all, null, 1));
  writeContents(outdir, { webhook, sidecar });
  return all;
}

async function buildWebhook(outdir: string): Promise<string[]> {
  const { metafile } = await build({
    ...PROGRAM,
    entryPoints: ['webhook/src/main.ts'],
    outfile: join(outdir, 'webhook.cjs'),
    format: 'cjs',
    // debug, behind socks-proxy-agent, asks whether it is there: it is in no package.json, and pnpm hoists that of a tool.
    external: ['supports-color'],
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'external',
    legalComments: 'external',
  });
  return keptInputs(metafile);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
