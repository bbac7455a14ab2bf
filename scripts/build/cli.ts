/** Builds the command line: modules, so that a command loads no other's, in a folder that is an npm package. */
import { build } from 'esbuild';
import { chmodSync, copyFileSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '@rolechain/shared';
import { noticesFile, sbomFile, writeContents } from './contents.ts';
import { PROGRAM, ROOT } from './root.ts';

/** The oldest Node that it runs on: the client of the apiserver asks for it (undici). */
export const CLI_NODE = '22.19';
/** The program within the package. */
export const CLI_PROGRAM = 'rolechain.mjs';
/** kubectl runs the program of the second name for `kubectl rolechain`. */
export const CLI_COMMANDS = ['rolechain', 'kubectl-rolechain'] as const;

/** Libraries in CommonJS ask for Node's modules by `require`, which a module does not have. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Writes the package to `outdir`/cli; gives the names of the files that went into its code. */
export async function buildCLI(outdir: string): Promise<string[]> {
  const inputs = await buildCode(outdir);
  writeContents(outdir, { cli: inputs });
  completePackage(outdir);
  return inputs;
}

async function buildCode(outdir: string): Promise<string[]> {
  const folder = join(outdir, 'cli');
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    ...PROGRAM,
    target: `node${CLI_NODE}`,
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
  chmodSync(join(folder, CLI_PROGRAM), 0o755);
  gatherComments(outdir);
  const kept = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  return [...new Set(kept.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file))].sort();
}

/** esbuild writes a file of legal comments for each module: they go into one, beside the package. */
function gatherComments(outdir: string): void {
  const names = globSync('cli/*.LEGAL.txt', { cwd: outdir }).toSorted();
  // A file's comments are indented below its name.
  const blocks = names.flatMap((name) =>
    readFileSync(join(outdir, name), 'utf8')
      .trim()
      .split(/\n\n(?=\S)/),
  );
  writeFileSync(join(outdir, 'cli.LEGAL.txt'), `${[...new Set(blocks)].join('\n\n')}\n`);
  for (const name of names) rmSync(join(outdir, name));
}

/** What makes the folder a package, and says what the code holds. */
function completePackage(outdir: string): void {
  const folder = join(outdir, 'cli');
  const manifest = {
    name: '@rolechain/cli',
    version: VERSION,
    description: 'Says what rolechain does to a pod and why, and what is wrong where it does nothing',
    license: 'Apache-2.0',
    keywords: ['kubernetes', 'kubectl-plugin', 'aws', 'iam'],
    type: 'module',
    bin: Object.fromEntries(CLI_COMMANDS.map((name) => [name, CLI_PROGRAM])),
    engines: { node: `>=${CLI_NODE}` },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  copyFileSync(join(ROOT, 'cli', 'README.md'), join(folder, 'README.md'));
  for (const name of [noticesFile('cli'), sbomFile('cli')]) copyFileSync(join(outdir, name), join(folder, name));
}
