/** Builds the webhook, its loader and its code cache. */
import { build } from 'esbuild';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { WEBHOOK_FLAGS } from '@rolechain/shared';
import { buildLoader, makeCodeCache } from './code-cache.ts';
import { ASCII, COMMON_JS, keptInputs } from './root.ts';

/** Gives the names of the files that went into the program. */
export async function buildWebhook(outdir: string): Promise<string[]> {
  const { metafile } = await build({
    ...ASCII,
    ...COMMON_JS,
    entryPoints: ['webhook/src/main.ts'],
    outfile: join(outdir, 'webhook-program.cjs'),
    // debug, behind socks-proxy-agent, asks whether it is there: it is in no package.json, and pnpm hoists that of a tool.
    external: ['supports-color'],
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'external',
    legalComments: 'external',
  });
  rmSync(join(outdir, 'webhook-program.cache'), { force: true });
  await buildLoader(outdir, 'webhook');
  await makeCodeCache(outdir, 'webhook', WEBHOOK_FLAGS);
  return keptInputs(metafile);
}
