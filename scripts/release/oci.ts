/** Reads an OCI archive (image-spec, image-layout): its images, and the file system that each comes to. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from '../../test/node/run.ts';

export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:…` */
  readonly digest: string;
  /** Bytes, compressed. */
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string };
}

export interface OCIImage {
  readonly digest: string;
  readonly architecture: string;
  readonly layers: readonly (Descriptor & { readonly diffID: string; readonly createdBy: string })[];
  readonly config: {
    readonly User?: string;
    readonly Labels?: Readonly<Record<string, string>>;
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly Env?: readonly string[];
  };
  readonly created: string | undefined;
}

export interface OCILayout {
  readonly folder: string;
  /** Of the image index, or of the image where there is only one. */
  readonly digest: string;
  readonly images: readonly OCIImage[];
}

interface Index {
  readonly manifests: readonly Descriptor[];
}
interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}
interface Config {
  readonly architecture: string;
  readonly created?: string;
  readonly config: OCIImage['config'];
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly history: readonly { readonly created_by?: string; readonly empty_layer?: boolean }[];
}

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** Unpacks an archive into a folder and reads it. Throws where a blob isn't what its name says. */
export async function readOCI(archive: string, folder: string): Promise<OCILayout> {
  await mkdir(folder, { recursive: true });
  await run('tar', ['--extract', `--file=${archive}`, `--directory=${folder}`], { timeoutMs: 600_000 });
  const { manifests } = readJSON(join(folder, 'index.json')) as Index;
  const [top, ...more] = manifests;
  if (top === undefined || more.length > 0) throw new Error(`${archive} holds ${manifests.length} images, not one`);
  const list = top.mediaType === INDEX ? (readBlob(folder, top) as Index).manifests : [top];
  const images = list.map((descriptor) => readImage(folder, descriptor));
  for (const { layers } of images) for (const layer of layers) await checkBlob(folder, layer);
  return { folder, digest: top.digest, images };
}

function readImage(folder: string, descriptor: Descriptor): OCIImage {
  const manifest = readBlob(folder, descriptor) as Manifest;
  const { architecture, created, config, rootfs, history } = readBlob(folder, manifest.config) as Config;
  const filled = history.filter(({ empty_layer: isEmpty }) => isEmpty !== true);
  const layers = manifest.layers.map((layer, at) => {
    return { ...layer, diffID: rootfs.diff_ids[at] ?? '', createdBy: filled[at]?.created_by ?? '' };
  });
  return { digest: descriptor.digest, architecture, layers, config, created };
}

/**
 * Writes one archive with the images of all `layouts` under one image index, and returns the index' digest. The archive
 * is the same whenever it is written.
 */
export async function writeIndex(layouts: readonly OCILayout[], folder: string, archive: string): Promise<string> {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  const manifests: Descriptor[] = [];
  for (const { folder: from, images } of layouts) {
    await cp(join(from, 'blobs'), join(folder, 'blobs'), { recursive: true });
    for (const { digest, architecture } of images)
      manifests.push({ ...describeBlob(from, digest, MANIFEST), platform: { architecture, os: 'linux' } });
  }
  const text = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
  const digest = digestOf(text);
  writeFileSync(blobPath(folder, digest), text);
  const index = { schemaVersion: 2, manifests: [describeBlob(folder, digest, INDEX)] };
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
  writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  await run(
    'tar',
    ['--create', ...same, `--file=${archive}`, `--directory=${folder}`, 'blobs', 'index.json', 'oci-layout'],
    {
      timeoutMs: 600_000,
    },
  );
  return digest;
}

const describeBlob = (folder: string, digest: string, mediaType: string): Descriptor => ({
  mediaType,
  digest,
  size: statSync(blobPath(folder, digest)).size,
});

/** Puts the image's layers on top of each other, below `root`. Takes root: owners are kept. */
export async function unpack(folder: string, image: OCIImage, root: string): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const layer of image.layers) {
    const options = ['--extract', '--numeric-owner', '--same-permissions', `--directory=${root}`];
    await run('tar', [...options, `--file=${blobPath(folder, layer.digest)}`], { timeoutMs: 600_000 });
  }
}

/** Paths of a layer that aren't folders, without `./` in front. */
export async function filesOf(folder: string, { digest }: Descriptor): Promise<string[]> {
  const names = await run('tar', ['--list', `--file=${blobPath(folder, digest)}`], { timeoutMs: 600_000 });
  return names.split('\n').flatMap((name) => (name === '' || name.endsWith('/') ? [] : [name.replace(/^\.\//, '')]));
}

const blobPath = (folder: string, digest: string): string => join(folder, 'blobs', digest.replace(':', '/'));
const digestOf = (data: string | Buffer): string => `sha256:${createHash('sha256').update(data).digest('hex')}`;
const readJSON = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

function readBlob(folder: string, { digest }: Descriptor): unknown {
  const bytes = readFileSync(blobPath(folder, digest));
  const actual = digestOf(bytes);
  if (actual !== digest) throw new Error(`the blob ${digest} has the digest ${actual}`);
  return JSON.parse(bytes.toString('utf8'));
}

async function checkBlob(folder: string, { digest }: Descriptor): Promise<void> {
  const actual = `sha256:${await sha256Of(blobPath(folder, digest))}`;
  if (actual !== digest) throw new Error(`the blob ${digest} has the digest ${actual}`);
}

/** In hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
