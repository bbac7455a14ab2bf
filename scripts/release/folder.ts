/** The folder of a release: its checksums, and whether it is whole. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { tryRun } from '../../test/node/run.ts';
import { IMAGES, PROGRAMS, type ImageName } from '../build/parts.ts';
import { ARTEFACTS, CHECKSUMS, archiveName, sbomName } from './artefacts.ts';
import { packageProblems } from './chart.ts';
import { imageOf, type Digests } from './install.ts';
import { readOCI, sha256Of } from './oci.ts';

/** As docs/release.md has it, for anyone who downloads the files. */
export const CHECK_COMMAND = `sha256sum --check ${CHECKSUMS}`;

export const FILES_OF_A_RELEASE: ReadonlySet<string> = new Set([
  ...IMAGES.map(archiveName),
  ...ARTEFACTS.flatMap(({ files }) => files),
  CHECKSUMS,
]);

/** One line for each file, in the form of sha256sum. */
export async function writeChecksums(folder: string): Promise<void> {
  const names = readdirSync(folder).filter((name) => name !== CHECKSUMS);
  const lines: string[] = [];
  for (const name of names.toSorted()) lines.push(`${await sha256Of(join(folder, name))}  ${name}\n`);
  writeFileSync(join(folder, CHECKSUMS), lines.join(''));
}

/** Digests of the image indices in the archives. */
export async function digestsOf(folder: string): Promise<Digests> {
  const digests: Partial<Record<ImageName, string>> = {};
  for (const program of IMAGES) {
    const work = await mkdtemp(join(tmpdir(), 'rolechain-oci-'));
    try {
      digests[program] = (await readOCI(join(folder, archiveName(program)), work)).digest;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return digests as Digests;
}

/** One sentence for each thing that is missing, superfluous or other than its checksum, or that doesn't fit the images. */
export async function folderProblems(folder: string, registry: string): Promise<string[]> {
  const expected = FILES_OF_A_RELEASE;
  const found = new Set(readdirSync(folder));
  const listed = new Set(
    read(folder, CHECKSUMS)
      .split('\n')
      .flatMap((line) => line.split('  ')[1] ?? []),
  );
  const problems = [
    ...[...expected.difference(found)].map((name) => `${name} is missing`),
    ...[...found.difference(expected)].map((name) => `${name} is no part of a release`),
    ...[...found].filter((name) => name !== CHECKSUMS && !listed.has(name)).map((name) => `${name} has no checksum`),
  ];
  const [command = '', ...args] = CHECK_COMMAND.split(' ');
  const { code, stdout } = await tryRun(command, args, { cwd: folder });
  if (code !== 0)
    problems.push(
      `checksums differ: ${stdout
        .split('\n')
        .filter((line) => !line.endsWith(': OK'))
        .join(' ')}`,
    );
  if (problems.length > 0) return problems;
  const digests = await digestsOf(folder);
  problems.push(...(await packageProblems(folder, registry, digests)));
  const install = read(folder, 'install.yaml');
  for (const program of IMAGES) {
    const image = imageOf(registry, program, digests);
    if (!install.includes(` ${image}\n`)) problems.push(`install.yaml doesn't name ${image}`);
  }
  for (const program of PROGRAMS) {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    const invalid: unknown = await validator.validate(read(folder, sbomName(program)));
    if (invalid !== null) problems.push(`${sbomName(program)} is not valid CycloneDX: ${JSON.stringify(invalid)}`);
  }
  return problems;
}

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');
