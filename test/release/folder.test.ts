/** The folder of a release is judged as a whole: what is missing, foreign or changed is named. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { VERSION } from '@rolechain/shared';
import { IMAGES } from '../../scripts/build/parts.ts';
import { ARTEFACTS, archiveName, sbomName } from '../../scripts/release/artefacts.ts';
import {
  CHART_PACKAGE,
  packageChart,
  renderingProblems,
  withChartImages,
  type Packaging,
} from '../../scripts/release/chart.ts';
import { describeWithHelm } from '../helm/helm.ts';
import { digestsOf, folderProblems, writeChecksums } from '../../scripts/release/folder.ts';
import { withImages } from '../../scripts/release/install.ts';
import { ROOT } from '../fixture/install.ts';
import { writeArchive } from './layouts.ts';

const REGISTRY = 'ghcr.example/team';
describeWithHelm('a release', (helm) => {
  let whole: string;
  let folder: string;
  let release: Packaging;

  beforeAll(async () => {
    whole = mkdtempSync(join(tmpdir(), 'rolechain-whole-'));
    const work = mkdtempSync(join(tmpdir(), 'rolechain-work-'));
    for (const program of IMAGES)
      cpSync(writeArchive(work, 'amd64', [{ [`rolechain/${program}`]: program }]), join(whole, archiveName(program)));
    rmSync(work, { recursive: true });
    const digests = await digestsOf(whole);
    release = { folder: whole, registry: REGISTRY, digests, timestamp: 1_780_000_000, source: undefined, helm };
    for (const { write } of ARTEFACTS) await write(release);
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

  test('the chart of the folder renders the same images, and no other', async () => {
    expect(await renderingProblems(helm, release)).toEqual([]);
    const other = { webhook: release.digests.sidecar, sidecar: release.digests.webhook };
    expect(await renderingProblems(helm, { ...release, digests: other })).toEqual([
      expect.stringMatching(/^rolechain-.*tgz doesn't render `image: ghcr.example\/team\/rolechain\/webhook@sha256:/),
      expect.stringMatching(/^rolechain-.*tgz doesn't render `sidecarImage: ghcr.example\/team\/rolechain\/sidecar@/),
    ]);
  });

  test('a chart of another registry, or of other images, is named', async () => {
    await packageChart({ ...release, folder, registry: 'other.example' });
    await writeChecksums(folder);
    expect(await problems()).toEqual([
      `${CHART_PACKAGE} has other.example/rolechain for image.registry, not ${REGISTRY}/rolechain`,
    ]);
    await packageChart({ ...release, folder, digests: { ...release.digests, sidecar: 'sha256:0' } });
    await writeChecksums(folder);
    expect(await problems()).toEqual([
      `${CHART_PACKAGE} has sha256:0 for image.sidecar.digest, not ${release.digests.sidecar}`,
    ]);
  });

  test('a chart is packaged the same, whenever that is: its files have the time of the commit', async () => {
    await packageChart({ ...release, folder });
    const packed = (of: string): string => join(of, CHART_PACKAGE);
    expect(readFileSync(packed(folder)).equals(readFileSync(packed(whole)))).toBe(true);
    const { stdout } = spawnSync('tar', ['-tvzf', packed(folder), '--utc', '--full-time'], { encoding: 'utf8' });
    const lines = stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !line.includes(' 2026-05-28 20:26:40 '))).toEqual([]);
  });
});

test('manifests that no longer have the place of an image stop the release', () => {
  const digests = { webhook: 'sha256:a', sidecar: 'sha256:b' };
  const text = readFileSync(join(ROOT, 'manifests/install.yaml'), 'utf8');
  expect(() => withImages(text.replace('registry.example/rolechain/webhook', 'x'), REGISTRY, digests)).toThrow(
    `install.yaml names registry.example/rolechain/webhook:${VERSION} 0 times, not once`,
  );
});

test('values of the chart change in the names of the images alone, comments and all', () => {
  const text = readFileSync(join(ROOT, 'charts/rolechain/values.yaml'), 'utf8');
  const lines = text.split('\n');
  const made = withChartImages(text, REGISTRY, { webhook: 'sha256:a', sidecar: 'sha256:b' }).split('\n');
  expect(made.filter((line, at) => line !== lines[at]).map((line) => line.trim())).toEqual([
    `registry: ${REGISTRY}/rolechain`,
    "digest: 'sha256:a'",
    "digest: 'sha256:b'",
  ]);
  expect(() => withChartImages('image: {}', REGISTRY, { webhook: '', sidecar: '' })).toThrow(
    'values.yaml has no image.registry',
  );
});
