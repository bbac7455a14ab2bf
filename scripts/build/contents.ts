/** What goes into an image or a package beside the code, for people and scanners: the notices and the SBOM. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '@rolechain/shared';
import { noticesOf } from './notices.ts';
import { IMAGES, PROGRAMS, partsOf, readLockFile, type ProgramName } from './parts.ts';
import { sbomOf } from './sbom.ts';

/** Each program's bundle in dist/; the command line's is a folder. */
export const BUNDLES = { webhook: 'webhook-program.cjs', sidecar: 'sidecar-program.cjs', cli: 'cli' } as const;
export const noticesFile = (program: ProgramName): string => `${program}.notices.txt`;
/** Scanners find an SBOM in an image by this ending. */
export const sbomFile = (program: ProgramName): string => `${program}.cdx.json`;

/** Writes them to `outdir`, where the bundles are. `inputs`: the files that went into each of those that were built. */
export function writeContents(outdir: string, inputs: Partial<Readonly<Record<ProgramName, readonly string[]>>>): void {
  const lock = readLockFile();
  for (const name of PROGRAMS) {
    const files = inputs[name];
    if (files === undefined) continue;
    const parts = partsOf(files, lock);
    const comments = join(outdir, `${BUNDLES[name]}.LEGAL.txt`);
    const said = existsSync(comments) ? readFileSync(comments, 'utf8') : '';
    writeFileSync(join(outdir, noticesFile(name)), noticesOf(name, parts, said));
    const isImage = IMAGES.some((image) => image === name);
    const sbom = sbomOf({ name, version: VERSION, parts, node: isImage ? process.versions : undefined });
    writeFileSync(join(outdir, sbomFile(name)), sbom);
  }
}
