/** OCI archives: what is read is what was written, one index holds the images of each architecture, and damage is found. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesOf, readOCI, unpack, writeIndex } from '../../scripts/release/oci.ts';
import { layoutOf, writeArchive } from './layouts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolechain-oci-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LAYERS = [{ 'lib/libc.so': 'libc' }, { 'rolechain/node': 'node', 'rolechain/LICENSE': 'licence' }];

test('an image is its layers, each with its files, and one on top of the other its file system', async () => {
  const layout = await layoutOf(folder, 'amd64', LAYERS);
  const [image] = layout.images;
  expect(image).toMatchObject({ architecture: 'amd64', digest: layout.digest, config: { User: '28173:28173' } });
  const files = await Promise.all(image!.layers.map((layer) => filesOf(layout.folder, layer)));
  expect(files.map((paths) => paths.toSorted())).toEqual([['lib/libc.so'], ['rolechain/LICENSE', 'rolechain/node']]);
  await unpack(layout.folder, image!, join(folder, 'root'));
  expect(readFileSync(join(folder, 'root/rolechain/node'), 'utf8')).toBe('node');
  expect(readFileSync(join(folder, 'root/lib/libc.so'), 'utf8')).toBe('libc');
});

test('one archive has the images of both architectures, and is the same whenever it is written', async () => {
  const layouts = [await layoutOf(folder, 'amd64', LAYERS), await layoutOf(folder, 'arm64', [LAYERS[0]!])];
  const write = async (name: string): Promise<string> =>
    writeIndex(layouts, join(folder, name), join(folder, `${name}.tar`));
  const digest = await write('one');
  expect(await write('two')).toBe(digest);
  expect(readFileSync(join(folder, 'two.tar')).equals(readFileSync(join(folder, 'one.tar')))).toBe(true);
  const { stdout } = spawnSync('tar', ['-tvf', join(folder, 'one.tar'), '--utc'], { encoding: 'utf8' });
  expect(stdout.split('\n').filter((line) => line !== '' && !line.includes(' 1970-01-01 00:00 '))).toEqual([]);
  const read = await readOCI(join(folder, 'one.tar'), join(folder, 'again'));
  expect(read.digest).toBe(digest);
  expect(read.images).toEqual(layouts.flatMap(({ images }) => images));
  const index = JSON.parse(readFileSync(join(folder, 'again/blobs', digest.replace(':', '/')), 'utf8')) as {
    manifests: { platform: unknown }[];
  };
  expect(index.manifests.map(({ platform }) => platform)).toEqual([
    { architecture: 'amd64', os: 'linux' },
    { architecture: 'arm64', os: 'linux' },
  ]);
});

test('a blob with one other byte is found, whichever it is', async () => {
  const archive = writeArchive(folder, 'amd64', LAYERS);
  const layout = join(folder, 'damaged');
  await readOCI(archive, layout);
  const names = readdirSync(join(layout, 'blobs/sha256'));
  expect(names).toHaveLength(4);
  for (const name of names) {
    const path = join(layout, 'blobs/sha256', name);
    const bytes = readFileSync(path);
    // Of a JSON document it stays one.
    const damaged = Buffer.from(bytes);
    damaged[damaged.length - 1] = bytes[0] === 0x7b ? 0x20 : damaged.at(-1)! ^ 1;
    writeFileSync(path, bytes[0] === 0x7b ? Buffer.concat([bytes, Buffer.from(' ')]) : damaged);
    spawnSync('tar', ['-cf', join(folder, 'damaged.tar'), '-C', layout, '.']);
    await expect(readOCI(join(folder, 'damaged.tar'), join(folder, `of-${name}`))).rejects.toThrow(
      `the blob sha256:${name} has the digest sha256:`,
    );
    writeFileSync(path, bytes);
  }
});
