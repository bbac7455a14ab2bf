/** The bases of a release that is published are named by digest, whatever their tags lead to by then. skopeo is a script here. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT } from '../../scripts/build/root.ts';
import { IMAGES } from '../../scripts/build/parts.ts';
import { namedBases, upstreamBases } from '../../scripts/images/upstream.ts';

const index = (...architectures: readonly string[]): string =>
  // With a line end, as registries may send it: it is the bytes that have the digest.
  `${JSON.stringify({ manifests: architectures.map((architecture) => ({ platform: { os: 'linux', architecture } })) })}\n`;
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const WHOLE = index('amd64', 'arm64', 's390x');
const DIGEST = digestOf(WHOLE);

/** What a registry has, by the name that is asked for. */
const REGISTRY: Readonly<Record<string, string>> = {
  'registry.example/base:latest': WHOLE,
  [`registry.example/base@${DIGEST}`]: WHOLE,
  'localhost:5000/node': WHOLE,
  'registry.example/amd64:1': index('amd64'),
  'registry.example/one:1': '{"layers":[]}',
  [`registry.example/other@${DIGEST}`]: index('amd64', 'arm64'),
};

let folder: string;
const { PATH } = process.env;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolechain-skopeo-'));
  const script = `#!${process.execPath}
const [inspect, raw, name, ...more] = process.argv.slice(2);
const text = ${JSON.stringify(REGISTRY)}[name.replace('docker://', '')];
if (inspect !== 'inspect' || raw !== '--raw' || more.length > 0 || text === undefined) {
  console.error('manifest unknown: ' + name);
  process.exit(1);
}
process.stdout.write(text);
`;
  writeFileSync(join(folder, 'skopeo'), script);
  chmodSync(join(folder, 'skopeo'), 0o755);
  process.env.PATH = `${folder}${delimiter}${PATH}`;
});
afterAll(() => {
  process.env.PATH = PATH;
  rmSync(folder, { recursive: true });
});

const BASE = 'registry.example/base:latest';
const pinned = async (name: string): Promise<string> => {
  const lines: string[] = [];
  const found = await upstreamBases((line) => lines.push(line), {
    BUILD_IMAGE: BASE,
    NODE_IMAGE: BASE,
    BASE_IMAGE: name,
  });
  expect(found).toMatchObject({ BUILD_IMAGE: `registry.example/base@${DIGEST}`, NODE_IMAGE: found.BUILD_IMAGE });
  expect(lines).toHaveLength(3);
  expect(lines).toContain(`BASE_IMAGE is ${found.BASE_IMAGE}.`);
  return found.BASE_IMAGE;
};

test.each([
  [BASE, `registry.example/base@${DIGEST}`],
  [`${BASE}@${DIGEST}`, `registry.example/base@${DIGEST}`],
  ['localhost:5000/node', `localhost:5000/node@${DIGEST}`],
])('%s is %s', async (name, expected) => {
  expect(await pinned(name)).toBe(expected);
});

test.each([
  ['registry.example/none:1', 'manifest unknown: docker://registry.example/none:1'],
  ['registry.example/amd64:1', 'has no image for arm64'],
  ['registry.example/one:1', 'has no image for amd64, arm64'],
  [`registry.example/other:1@${DIGEST}`, 'is sent with the digest'],
])('%s ends the release: %s', async (name, words) => {
  await expect(pinned(name)).rejects.toThrow(words);
});

describe('the names', () => {
  const text = (base: string): string =>
    `ARG BUILD_IMAGE=b\nARG NODE_IMAGE=n\nARG BASE_IMAGE=${base}\nFROM \${BASE_IMAGE}\n`;

  test('are those of the Dockerfiles', () => {
    const files = IMAGES.map((program) => readFileSync(join(ROOT, `Dockerfile.${program}`), 'utf8'));
    const names = Object.entries(namedBases()).map(([argument, name]) => `\nARG ${argument}=${name}\n`);
    expect(names).toHaveLength(3);
    for (const file of files) for (const name of names) expect(file).toContain(name);
  });

  test('are the same in each', () => {
    expect(namedBases([text('x:1'), text('x:1')])).toEqual({ BUILD_IMAGE: 'b', NODE_IMAGE: 'n', BASE_IMAGE: 'x:1' });
    expect(() => namedBases([text('x:1'), text('x:2')])).toThrow('BASE_IMAGE is x:1 and x:2');
    expect(() => namedBases([text('x:1'), 'FROM x'])).toThrow('BUILD_IMAGE is b and ');
  });
});
