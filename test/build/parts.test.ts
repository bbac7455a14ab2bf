/** SBOM and notices of images and package say what the code in them holds, and nothing in them has a licence that isn't allowed. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { VERSION } from '@rolechain/shared';
import { BUNDLES, noticesFile, sbomFile } from '../../scripts/build/contents.ts';
import { ALLOWED_LICENSES, licenseProblems } from '../../scripts/build/licenses.ts';
import { noticesOf } from '../../scripts/build/notices.ts';
import { IMAGES, PROGRAMS, idOf, partsOf, readLockFile, type Part } from '../../scripts/build/parts.ts';
import { sbomOf } from '../../scripts/build/sbom.ts';
import { ROOT } from '../fixture/install.ts';

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const inputs = JSON.parse(read('dist/inputs.json')) as Record<string, string[]>;
const lock = readLockFile();
const parts = {
  webhook: partsOf(inputs.webhook!, lock),
  sidecar: partsOf(inputs.sidecar!, lock),
  cli: partsOf(inputs.cli!, lock),
};
/** What an image has beside the code. */
const nodeOf = (program: keyof typeof parts): typeof process.versions | undefined =>
  IMAGES.some((name) => name === program) ? process.versions : undefined;

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly 'bom-ref': string;
  readonly components?: readonly Component[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}
interface SBOM {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}
const sbom = (program: keyof typeof parts): SBOM => JSON.parse(read(`dist/${sbomFile(program)}`)) as SBOM;
const fullName = ({ group, name, version }: Component): string => `${group ? `${group}/` : ''}${name}@${version}`;

describe.each(PROGRAMS)('the SBOM of the %s', (program) => {
  test('is valid CycloneDX 1.6', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(read(`dist/${sbomFile(program)}`))).toBeNull();
    expect(await validator.validate('{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{}]}')).not.toBeNull();
  });

  test('lists each package that left something in the bundle, in the version of the lock file, and an image Node', () => {
    const folders = inputs[program]!.flatMap((file) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[0] ?? []);
    const listed = sbom(program).components.map(fullName);
    const node = nodeOf(program) ? [`node@${process.versions.node}`] : [];
    expect(listed).toHaveLength(new Set(folders).size + node.length);
    const installed = [...new Set(folders)].map((folder) => {
      const { name, version } = JSON.parse(read(`${folder}/package.json`)) as Component;
      return `${name}@${version}`;
    });
    expect(new Set(listed)).toEqual(new Set([...installed, ...node]));
    expect(installed.filter((id) => !(id in lock.packages))).toEqual([]);
    expect(sbom(program).metadata.component).toMatchObject({ name: `rolechain-${program}`, version: VERSION });
  });

  test("has the lock file's hash of each package, as CycloneDX writes it", () => {
    for (const component of sbom(program).components.filter(({ name }) => name !== 'node')) {
      const integrity = lock.packages[fullName(component)]?.resolution.integrity;
      const [{ alg, content } = { alg: '', content: '' }] = component.hashes ?? [];
      expect({ alg, integrity: `sha512-${Buffer.from(content, 'hex').toString('base64')}` }).toEqual({
        alg: 'SHA-512',
        integrity,
      });
    }
  });

  test('leads from the program to every part', () => {
    const { dependencies, components, metadata } = sbom(program);
    const uses = new Map(dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
    const reached = new Set<string>();
    const waiting = [metadata.component['bom-ref']];
    for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
      if (reached.has(ref)) continue;
      reached.add(ref);
      waiting.push(...(uses.get(ref) ?? []));
    }
    expect(components.map((component) => component['bom-ref']).filter((ref) => !reached.has(ref))).toEqual([]);
  });

  test('is the same however often it is made, and another one for other parts', () => {
    const make = (list: readonly Part[]): string =>
      sbomOf({ name: program, version: VERSION, parts: list, node: nodeOf(program) });
    expect(make(parts[program])).toBe(read(`dist/${sbomFile(program)}`));
    const serial = (text: string): string => (JSON.parse(text) as { serialNumber: string }).serialNumber;
    const leaf = parts[program].findIndex(
      (part) => !parts[program].some(({ uses }) => uses.includes(idOf(part))) && part.isDirect,
    );
    expect(serial(make(parts[program].toSpliced(leaf, 1)))).not.toBe(serial(make(parts[program])));
  });
});

test('Node lists what it holds itself: OpenSSL among it, which has most of its vulnerabilities', () => {
  const node = sbom('sidecar').components.find(({ name }) => name === 'node');
  const inside = Object.fromEntries((node?.components ?? []).map(({ name, version }) => [name, version]));
  const { openssl, v8, zlib } = process.versions;
  expect(inside).toMatchObject({ openssl, v8, zlib });
});

test.each(PROGRAMS)('every licence in the %s is allowed', (program) => {
  expect(licenseProblems(parts[program])).toEqual([]);
});

test('a licence counts by its meaning: of a choice one is enough, of two that hold together both are needed', () => {
  const withLicense = (license: string): string[] => licenseProblems([{ name: 'x', version: '1.0.0', license }]);
  expect(['MIT', '(GPL-2.0 OR MIT)', 'MIT AND ISC'].flatMap(withLicense)).toEqual([]);
  for (const license of ['GPL-3.0-only', 'MIT AND GPL-2.0', 'SEE LICENSE IN LICENSE', 'UNLICENSED', ''])
    expect(withLicense(license)).toEqual([expect.stringMatching(/^x@1\.0\.0 has the licence .*, which is not among /)]);
});

test('no licence is allowed that nothing needs', () => {
  const all = PROGRAMS.flatMap((program) => parts[program]);
  const without = (license: string): number =>
    licenseProblems(all.filter((part) => part.license.split(/[() ]/).includes(license))).length;
  // Each row is the only reason for some part.
  const used = ALLOWED_LICENSES.filter((license) => all.some((part) => part.license.split(/[() ]/).includes(license)));
  expect(used).toEqual([...ALLOWED_LICENSES]);
  expect(ALLOWED_LICENSES.map(without)).toEqual(ALLOWED_LICENSES.map(() => 0));
});

describe.each(PROGRAMS)('the notices of the %s', (program) => {
  const text = read(`dist/${noticesFile(program)}`);

  test('have the licence text of each part, and each text once', () => {
    for (const part of parts[program]) {
      expect(text).toContain(`  ${idOf(part)}  ${part.license}\n`);
      const files = readdirSync(join(ROOT, part.folder)).filter((name) => /^(un)?licen[cs]e|^notice/i.test(name));
      const line = files.map((file) => longestLine(read(join(part.folder, file))));
      for (const words of line) expect(text).toContain(words);
      if (files.length === 0) expect(text).toContain(`${part.name} comes without a file that holds its licence.`);
    }
    const texts = text
      .split(`${'='.repeat(80)}\n`)
      .slice(1)
      .map((section) => section.slice(section.indexOf('\n\n')));
    expect(texts.length).toBeGreaterThan(program === 'cli' ? 1 : 10);
    expect(new Set(texts).size).toBe(texts.length);
  });

  test('have what the code itself says of licences', () => {
    const comments = read(`dist/${BUNDLES[program]}.LEGAL.txt`);
    if (program !== 'cli') expect(comments).toContain('toad-cache');
    expect(text.endsWith(`${comments.trim()}\n`)).toBe(true);
    expect(noticesOf(program, parts[program], comments)).toBe(text);
  });
});

function longestLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.reduce((a, b) => (b.length > a.length ? b : a), '');
}

describe('a part that nobody could tell what it is stops the build', () => {
  let folder: string;
  const file = (): string => join(relative(ROOT, folder), 'node_modules/x/index.js');
  const locked = { ...lock, packages: { 'x@1.0.0': { resolution: { integrity: 'sha512-eA==' } } } };
  const write = (manifest: object): void =>
    writeFileSync(join(folder, 'node_modules/x/package.json'), JSON.stringify(manifest));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolechain-part-'));
    mkdirSync(join(folder, 'node_modules/x'), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('one that the lock file does not have', () => {
    write({ name: 'x', version: '1.0.0', license: 'MIT' });
    expect(partsOf([file()], locked)).toMatchObject([{ name: 'x', license: 'MIT' }]);
    expect(() => partsOf([file()], lock)).toThrow('x@1.0.0 is in a bundle, and pnpm-lock.yaml has no hash of it');
  });

  test('one without a licence', () => {
    write({ name: 'x', version: '1.0.0' });
    expect(() => partsOf([file()], locked)).toThrow('x@1.0.0 is in a bundle, and its package.json names no licence');
  });
});
