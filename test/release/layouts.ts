/** Small OCI layouts in a folder, of the form that buildah writes. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readOCI, type OCILayout } from '../../scripts/release/oci.ts';

/** Path → text, for each layer. */
export type LayerFiles = readonly Readonly<Record<string, string>>[];

/** An OCI archive with one image. */
export function writeArchive(folder: string, architecture: string, layers: LayerFiles): string {
  const layout = mkdtempSync(join(folder, 'layout-'));
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const blob = (bytes: Buffer | string, mediaType: string): { mediaType: string; digest: string; size: number } => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(layout, 'blobs/sha256', hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const tars = layers.map((files) => tar(files));
  const digest = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const config = {
    architecture,
    os: 'linux',
    config: { User: '28173:28173' },
    rootfs: { type: 'layers', diff_ids: tars.map(digest) },
    history: tars.map(() => ({ created_by: 'COPY' })),
  };
  const manifest = blob(
    JSON.stringify({
      schemaVersion: 2,
      config: blob(JSON.stringify(config), 'application/vnd.oci.image.config.v1+json'),
      layers: tars.map((bytes) => blob(gzipSync(bytes), 'application/vnd.oci.image.layer.v1.tar+gzip')),
    }),
    'application/vnd.oci.image.manifest.v1+json',
  );
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const archive = `${layout}.tar`;
  const { status, stderr } = spawnSync('tar', ['-cf', archive, '-C', layout, '.'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return archive;
}

export async function layoutOf(folder: string, architecture: string, layers: LayerFiles): Promise<OCILayout> {
  return readOCI(writeArchive(folder, architecture, layers), mkdtempSync(join(folder, 'read-')));
}

function tar(files: Readonly<Record<string, string>>): Buffer {
  const root = mkdtempSync(join(tmpdir(), 'rolechain-layer-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return spawnSync('tar', ['-c', '--sort=name', '--mtime=@0', '-C', root, '.']).stdout;
}
