/** The rules of an image find what they are for, and nothing else. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SIDECAR, VERSION } from '@rolechain/shared';
import {
  copyProblems,
  differences,
  labelProblems,
  labelsOf,
  layerProblems,
  modeProblems,
  sizeProblems,
  sizesOf,
  userProblems,
  type Image,
} from '../../scripts/release/image-rules.ts';
import { MAX_IMAGE_BYTES, MAX_OWN_BYTES } from '../../scripts/release/limits.ts';

const LABELS = { revision: 'abc', timestamp: 1_780_000_000, source: 'https://git.example/rolechain' };

interface Layer {
  readonly files: readonly string[];
  readonly size?: number;
  readonly digest?: string;
}

const LAYERS: readonly Layer[] = [
  { files: ['lib/libc.so.6'], size: 6_000_000 },
  { files: ['rolechain/node'], size: 45_000_000 },
  { files: ['rolechain/sidecar.cjs', 'rolechain/LICENSE'], size: 300_000 },
  { files: ['rolechain/sidecar-program.cache'], size: 700_000 },
];

function image(
  layers = LAYERS,
  { digest = 'sha256:image', program = 'sidecar' }: { digest?: string; program?: Image['program'] } = {},
): Image {
  return {
    program,
    architecture: 'amd64',
    files: layers.map(({ files }) => files),
    image: {
      digest,
      architecture: 'amd64',
      created: '2026-05-28T20:26:40Z',
      config: {
        User: `${SIDECAR.user}:${SIDECAR.user}`,
        Labels: {
          ...labelsOf(LABELS),
          'org.opencontainers.image.title': 'rolechain sidecar',
          'org.opencontainers.image.licenses': 'Apache-2.0',
        },
      },
      layers: layers.map(({ files, size = 1, digest: of = `sha256:${files.join()}` }) => {
        return { mediaType: '', digest: of, size, diffID: of, createdBy: '' };
      }),
    },
  };
}

test('sizes are those of the layers; Node and the base are not ours', () => {
  expect(sizesOf(image())).toEqual({ whole: 52_000_000, own: 1_000_000 });
});

test.each(['sidecar', 'webhook'] as const)('the %s may take its limit, and not a byte more', (program) => {
  const own = (size: number): string[] => sizeProblems(image([{ files: ['rolechain/x'], size }], { program }));
  expect(own(MAX_OWN_BYTES[program])).toEqual([]);
  expect(own(MAX_OWN_BYTES[program] + 1)).toEqual([expect.stringMatching(/^what is ours takes \d+ bytes compressed/)]);
  const whole = (size: number): string[] => sizeProblems(image([{ files: ['lib/x'], size }], { program }));
  expect(whole(MAX_IMAGE_BYTES)).toEqual([]);
  expect(whole(MAX_IMAGE_BYTES + 1)).toEqual([expect.stringMatching(/^the whole takes \d+ bytes compressed/)]);
});

test('a layer in which something else stands beside ours, or Node, is not counted as ours', () => {
  const layers = [
    { files: ['rolechain/x', 'etc/y'], size: 5 },
    { files: ['rolechain/node', 'rolechain/x'], size: 7 },
  ];
  expect(sizesOf(image(layers))).toEqual({ whole: 12, own: 0 });
});

test('labels say version, commit and time', () => {
  expect(labelsOf(LABELS)).toEqual({
    'org.opencontainers.image.version': VERSION,
    'org.opencontainers.image.revision': 'abc',
    'org.opencontainers.image.created': '2026-05-28T20:26:40Z',
    'org.opencontainers.image.source': 'https://git.example/rolechain',
  });
  const bases = { BASE_IMAGE: 'a/base@sha256:1', NODE_IMAGE: 'a/node@sha256:2', BUILD_IMAGE: 'a/build@sha256:3' };
  const ofBases = {
    'org.opencontainers.image.base.name': 'a/base@sha256:1',
    'org.opencontainers.image.base.digest': 'sha256:1',
    'io.rolechain.image.node': 'a/node@sha256:2',
    'io.rolechain.image.build': 'a/build@sha256:3',
  };
  expect(labelsOf({ ...LABELS, bases })).toEqual({ ...labelsOf(LABELS), ...ofBases });
  expect(labelProblems(image(), { ...LABELS, bases })).toHaveLength(4);
  expect(labelProblems(image(), LABELS)).toEqual([]);
  expect(labelProblems(image(), { ...LABELS, revision: 'def' })).toEqual([
    'the label org.opencontainers.image.revision is abc, not def',
  ]);
  expect(labelProblems(image(), { ...LABELS, timestamp: 0 })).toHaveLength(2);
  expect(labelProblems({ ...image(), program: 'webhook' }, LABELS)).toEqual([
    'the label org.opencontainers.image.title is rolechain sidecar, not rolechain webhook',
  ]);
});

test("the user is the sidecar's number, and root is not", () => {
  expect(userProblems(image())).toEqual([]);
  const { image: of, ...rest } = image();
  for (const User of ['0:0', '', 'nobody'])
    expect(userProblems({ ...rest, image: { ...of, config: { User } } })).toHaveLength(1);
});

test('a path in two layers is found', () => {
  expect(layerProblems(image())).toEqual([]);
  expect(layerProblems({ files: [['a', 'b'], ['c'], ['b']] })).toEqual(['/b is in two layers']);
});

describe('copies', () => {
  const fact = (path: string, sha256: string, bytes = 4096): { path: string; sha256: string; bytes: number } => {
    return { path, sha256, bytes };
  };

  test('of a file of ours are found, wherever they are', () => {
    expect(copyProblems([fact('rolechain/a', '1'), fact('lib/a', '1'), fact('rolechain/b', '2')])).toEqual([
      '/rolechain/a and /lib/a are the same',
    ]);
  });

  test("within the base, and of less than a header's worth, are left", () => {
    expect(copyProblems([fact('lib/a', '1'), fact('lib/b', '1')])).toEqual([]);
    expect(copyProblems([fact('rolechain/a', '1', 4095), fact('rolechain/b', '1', 4095)])).toEqual([]);
  });

  test('a second Node is found whatever its version', () => {
    const nodes = ['nodejs/bin/node', 'usr/bin/node', 'usr/share/nodes', 'rolechain/node.notices.txt'];
    expect(copyProblems([fact('rolechain/node', '1'), ...nodes.map((path) => fact(path, path))])).toEqual([
      '/nodejs/bin/node is a second Node',
      '/usr/bin/node is a second Node',
    ]);
  });
});

test('of two builds only the layer of the code cache may differ', () => {
  const other = (at: number): Image =>
    image(
      LAYERS.map((layer, n) => (n === at ? { ...layer, digest: 'sha256:other' } : layer)),
      { digest: 'sha256:2' },
    );
  expect(differences(image(), other(3))).toEqual([]);
  expect(differences(image(), other(2))).toEqual([
    'two builds differ in the layer with rolechain/sidecar.cjs, rolechain/LICENSE',
  ]);
  expect(differences(image(), image(LAYERS.slice(0, 3)))).toEqual(['two builds have 4 and 3 layers']);
});

test.each(['sidecar', 'webhook'])('either image may have one: %s', (program) => {
  const layers = [...LAYERS.slice(0, 3), { files: [`rolechain/${program}-program.cache`], digest: 'sha256:one' }];
  const other = [...LAYERS.slice(0, 3), { files: [`rolechain/${program}-program.cache`], digest: 'sha256:other' }];
  expect(differences(image(layers), image(other, { digest: 'sha256:2' }))).toEqual([]);
});

test('without a code cache two builds have one digest', () => {
  const layers = LAYERS.slice(0, 3);
  expect(differences(image(layers), image(layers))).toEqual([]);
  expect(differences(image(layers), image(layers, { digest: 'sha256:2' }))).toEqual([
    'two builds have the digests sha256:image and sha256:2',
  ]);
});

test('files of ours can be read, Node can be started alone, and none can be written', () => {
  const root = mkdtempSync(join(tmpdir(), 'rolechain-modes-'));
  try {
    mkdirSync(join(root, 'rolechain'));
    const paths = ['rolechain/node', 'rolechain/a'];
    const write = (path: string, mode: number): void => {
      writeFileSync(join(root, path), '', { flag: 'w' });
      chmodSync(join(root, path), mode);
    };
    const problems = (): string[] =>
      modeProblems(
        root,
        paths.map((path) => ({ path, bytes: 0, sha256: '' })),
      ).filter((text) => text.includes('mode'));
    write('rolechain/node', 0o111);
    write('rolechain/a', 0o444);
    expect(problems()).toEqual([]);
    chmodSync(join(root, 'rolechain/node'), 0o755);
    chmodSync(join(root, 'rolechain/a'), 0o644);
    expect(problems()).toEqual(['/rolechain/node has the mode 755, not 111', '/rolechain/a has the mode 644, not 444']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
