/** Builds each program into dist/: `node scripts/build.ts` */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCLI } from './build/cli.ts';
import { writeContents } from './build/contents.ts';
import type { ProgramName } from './build/parts.ts';
import { ROOT } from './build/root.ts';
import { buildProber, buildSidecar } from './build/sidecar.ts';
import { buildWebhook } from './build/webhook.ts';

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

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
