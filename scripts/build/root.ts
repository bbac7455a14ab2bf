import type { BuildOptions, Metafile } from 'esbuild';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What all programs have in common. */
export const PROGRAM = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  logLevel: 'warning',
  metafile: true,
} as const satisfies BuildOptions;

/** The loader reads a bundle as one byte a character. */
export const ASCII = { ...PROGRAM, charset: 'ascii' } as const satisfies BuildOptions;

/** A static import of ES modules keeps parts of Node alive that a CommonJS bundle never loads. */
export const COMMON_JS = { format: 'cjs', supported: { 'dynamic-import': false } } as const satisfies BuildOptions;

/** Of the files that were read for a bundle, those of which something is left in it. */
export function keptInputs({ outputs }: Metafile): string[] {
  const output = Object.values(outputs).find(({ entryPoint }) => entryPoint !== undefined);
  const kept = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return kept.map(([file]) => file);
}
