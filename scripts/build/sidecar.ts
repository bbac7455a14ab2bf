/** Builds the sidecar, as it is shipped or as it was before a step of its tuning. */
import { build, type BuildOptions, type Metafile } from 'esbuild';
import { mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SIDECAR_START } from '@rolechain/shared';
import { buildLoader, makeCodeCache } from './code-cache.ts';
import { leaveOut } from './left-out.ts';
import { ASCII, COMMON_JS, ROOT, keptInputs } from './root.ts';

export interface SidecarForm {
  /** `modules`: ours as one ES module, libraries from node_modules. `slim`: minified, what is never called left out. */
  readonly code: 'modules' | 'bundle' | 'slim';
  readonly codeCache: boolean;
  /** Flags and environment of SIDECAR_START. */
  readonly settings: boolean;
  /** A garbage collection after each refresh. */
  readonly collects: boolean;
  /** No optimised code and a small young generation after the first of these collections. */
  readonly spares: boolean;
}

export const SHIPPED: SidecarForm = { code: 'slim', codeCache: true, settings: true, collects: true, spares: true };

/** The tuning, step by step: each has what the ones before it have. */
export const STEPS: readonly (SidecarForm & { readonly name: string })[] = [
  { name: 'untuned', code: 'modules', codeCache: false, settings: false, collects: false, spares: false },
  { name: 'one bundle', code: 'bundle', codeCache: false, settings: false, collects: false, spares: false },
  { name: 'slim', code: 'slim', codeCache: false, settings: false, collects: false, spares: false },
  { name: 'code cache', code: 'slim', codeCache: true, settings: false, collects: false, spares: false },
  { name: 'settings', code: 'slim', codeCache: true, settings: true, collects: false, spares: false },
  { name: 'collection', ...SHIPPED, spares: false },
  { name: 'shipped', ...SHIPPED },
];

export interface BuiltSidecar {
  /** Arguments of node: flags, then the file to start. */
  readonly args: readonly string[];
  /** Beside the container's own variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Files that went into the program. */
  readonly inputs: readonly string[];
}

const SOURCE = join(ROOT, 'sidecar', 'src');

/** Writes the program, its loader and its code cache to `outdir`, and says how the program is started there. */
export async function buildSidecar(outdir: string, form: SidecarForm = SHIPPED): Promise<BuiltSidecar> {
  mkdirSync(outdir, { recursive: true });
  const program = join(outdir, form.code === 'modules' ? 'sidecar-program.mjs' : 'sidecar-program.cjs');
  const { metafile } = await build({
    ...CODE[form.code],
    ...ASCII,
    entryPoints: [join(SOURCE, 'main.ts')],
    outfile: program,
    define: { COLLECTS_GARBAGE: String(form.collects), SPARES_MEMORY: String(form.spares) },
  });
  const cache = join(outdir, 'sidecar-program.cache');
  rmSync(cache, { force: true });
  if (form.code === 'modules') linkPackages(outdir, metafile);
  else await buildLoader(outdir, 'sidecar');
  const flags = form.settings ? SIDECAR_START.flags : [];
  if (form.codeCache) await makeCodeCache(outdir, 'sidecar', flags);
  return {
    args: [...flags, form.code === 'modules' ? program : join(outdir, 'sidecar.cjs')],
    environment: form.settings ? SIDECAR_START.environment : { NODE_ENV: 'production' },
    inputs: keptInputs(metafile),
  };
}

const CODE: Readonly<Record<SidecarForm['code'], BuildOptions>> = {
  modules: { format: 'esm', packages: 'external', alias: { '@rolechain/shared': join(ROOT, 'shared/src/index.ts') } },
  bundle: COMMON_JS,
  slim: {
    ...COMMON_JS,
    minify: true,
    sourcemap: 'external',
    legalComments: 'external',
    plugins: [leaveOut],
  },
};

/** pnpm lets only a package itself see its dependencies: what ours import gets a link beside the program. */
function linkPackages(outdir: string, { outputs }: Metafile): void {
  const folder = join(outdir, 'node_modules');
  rmSync(folder, { recursive: true, force: true });
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  const paths = imports.filter(({ external, path }) => external && !path.startsWith('node:')).map(({ path }) => path);
  // `@smithy/core/config` is a part of `@smithy/core`.
  const names = paths.map((path) => path.split('/', path.startsWith('@') ? 2 : 1).join('/'));
  for (const name of new Set(names)) {
    const link = join(folder, name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(packageFolder(name), link);
  }
}

function packageFolder(name: string): string {
  for (const ours of ['sidecar', 'shared']) {
    const manifest = JSON.parse(readFileSync(join(ROOT, ours, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    if (name in manifest.dependencies) return realpathSync(join(ROOT, ours, 'node_modules', name));
  }
  throw new Error(`${name} is no dependency of the sidecar or of shared`);
}

/** The startup probe's program. */
export async function buildProber(outdir: string): Promise<readonly string[]> {
  const { metafile } = await build({
    ...CODE.slim,
    ...ASCII,
    entryPoints: [join(SOURCE, 'startup', 'prober.ts')],
    outfile: join(outdir, 'prober.cjs'),
  });
  return keptInputs(metafile);
}
