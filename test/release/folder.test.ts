/** The folder of a release is judged as a whole: what is missing, foreign or changed is named. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { VERSION } from '@rolechain/shared';
import { ARTEFACTS, PROGRAMS, archiveName, sbomName } from '../../scripts/release/artefacts.ts';
import { digestsOf, folderProblems, writeChecksums } from '../../scripts/release/folder.ts';
import { withImages } from '../../scripts/release/install.ts';
import { ROOT } from '../fixture/install.ts';
import { writeArchive } from './layouts.ts';

const REGISTRY = 'ghcr.example/team';
let whole: string;
let folder: string;

beforeAll(async () => {
  whole = mkdtempSync(join(tmpdir(), 'rolechain-whole-'));
  const work = mkdtempSync(join(tmpdir(), 'rolechain-work-'));
  for (const program of PROGRAMS)
    cpSync(writeArchive(work, 'amd64', [{ [`rolechain/${program}`]: program }]), join(whole, archiveName(program)));
  rmSync(work, { recursive: true });
  const digests = await digestsOf(whole);
  for (const { write } of ARTEFACTS) await write({ folder: whole, registry: REGISTRY, digests });
  await writeChecksums(whole);
});
afterAll(() => rmSync(whole, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolechain-folder-'));
  cpSync(whole, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const problems = (): Promise<string[]> => folderProblems(folder, REGISTRY);
const change = (name: string, to: (text: string) => string): void =>
  writeFileSync(join(folder, name), to(readFileSync(join(folder, name), 'utf8')));

test('as it is made it is whole, and its manifests name the images by the digests of its archives', async () => {
  expect(await problems()).toEqual([]);
  const { webhook, sidecar } = await digestsOf(folder);
  const install = readFileSync(join(folder, 'install.yaml'), 'utf8');
  expect(webhook).not.toBe(sidecar);
  expect(install).toContain(`image: ${REGISTRY}/rolechain/webhook:${VERSION}@${webhook}\n`);
  expect(install).toContain(`sidecarImage: ${REGISTRY}/rolechain/sidecar:${VERSION}@${sidecar}\n`);
  expect(install).not.toContain('registry.example');
  expect(parseAllDocuments(install).flatMap((document) => ('errors' in document ? document.errors : []))).toEqual([]);
});

test('a file that is missing, and one that is foreign', async () => {
  rmSync(join(folder, sbomName('sidecar')));
  writeFileSync(join(folder, 'notes.txt'), '');
  expect(await problems()).toEqual(
    expect.arrayContaining([
      `${sbomName('sidecar')} is missing`,
      'notes.txt is no part of a release',
      'notes.txt has no checksum',
    ]),
  );
});

test('a file that was changed after the checksums were made', async () => {
  change('install.yaml', (text) => `${text}# more\n`);
  expect(await problems()).toEqual(['checksums differ: install.yaml: FAILED ']);
});

test('manifests that name other images than those of the archives, checksums and all', async () => {
  change('install.yaml', (text) => text.replace(/sidecar:(\S+)@sha256:./, 'sidecar:$1@sha256:g'));
  await writeChecksums(folder);
  expect(await problems()).toEqual([
    expect.stringMatching(/^install.yaml doesn't name ghcr.example\/team\/rolechain\/sidecar:/),
  ]);
});

test('an SBOM that is none', async () => {
  change(sbomName('webhook'), (text) => text.replace('"components"', '"parts"'));
  await writeChecksums(folder);
  expect(await problems()).toEqual([expect.stringContaining(`${sbomName('webhook')} is not valid CycloneDX`)]);
});

test('manifests that no longer have the place of an image stop the release', () => {
  const digests = { webhook: 'sha256:a', sidecar: 'sha256:b' };
  const text = readFileSync(join(ROOT, 'manifests/install.yaml'), 'utf8');
  expect(() => withImages(text.replace('registry.example/rolechain/webhook', 'x'), REGISTRY, digests)).toThrow(
    `install.yaml names registry.example/rolechain/webhook:${VERSION} 0 times, not once`,
  );
});
