/** What a release consists of beside its images: each row writes files into the folder. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '@rolechain/shared';
import { noticesFile, sbomFile } from '../build/contents.ts';
import { PROGRAMS } from '../build/parts.ts';
import { ROOT } from '../build/root.ts';
import { CHART_PACKAGE, packageChart, type Packaging } from './chart.ts';
import { CLI_PACKAGE, KREW_MANIFEST, packCLI, writeKrewManifest } from './cli-package.ts';
import { withImages } from './install.ts';
import { changesOf } from './version.ts';

export interface Artefact {
  /** File names in the folder. */
  readonly files: readonly string[];
  readonly write: (release: Packaging) => void | Promise<void>;
}

export const archiveName = (program: string): string => `rolechain-${program}-${VERSION}.oci.tar`;
export const sbomName = (program: string): string => `rolechain-${program}-${VERSION}.cdx.json`;
const noticesName = (program: string): string => `rolechain-${program}-${VERSION}.notices.txt`;
export const CHECKSUMS = 'SHA256SUMS';

export const ARTEFACTS: readonly Artefact[] = [
  {
    files: ['install.yaml'],
    write: ({ folder, registry, digests }) => {
      const manifest = readFileSync(join(ROOT, 'manifests/install.yaml'), 'utf8');
      writeFileSync(join(folder, 'install.yaml'), withImages(manifest, registry, digests));
    },
  },
  { files: [CHART_PACKAGE], write: packageChart },
  {
    files: [CLI_PACKAGE, KREW_MANIFEST],
    write: async ({ folder, timestamp, source }) => {
      await packCLI(join(folder, CLI_PACKAGE), timestamp);
      await writeKrewManifest(folder, source);
    },
  },
  ...PROGRAMS.map((program): Artefact => ({
    files: [sbomName(program), noticesName(program)],
    write: ({ folder }) => {
      copyFileSync(join(ROOT, 'dist', sbomFile(program)), join(folder, sbomName(program)));
      copyFileSync(join(ROOT, 'dist', noticesFile(program)), join(folder, noticesName(program)));
    },
  })),
  {
    files: ['CHANGES.md'],
    write: ({ folder }) =>
      writeFileSync(join(folder, 'CHANGES.md'), `${changesOf(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'))}\n`),
  },
];
