/** The CycloneDX SBOM of a program: what its bundle holds, by the lock file, and in an image Node with what Node holds. */
import { createHash } from 'node:crypto';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import parseExpression from 'spdx-expression-parse';
import { idOf, type Part, type ProgramName } from './parts.ts';

export interface Program {
  readonly name: ProgramName;
  readonly version: string;
  readonly parts: readonly Part[];
  /** `process.versions` of the Node that the image has; absent where the program has none. */
  readonly node: Readonly<Record<string, string | undefined>> | undefined;
}

/** Of `process.versions`: interfaces and tables, not programs. */
const NOT_PROGRAMS = new Set(['node', 'modules', 'napi', 'cldr', 'tz', 'unicode']);

const licenses = new Contrib.License.Factories.LicenseFactory((text) => void parseExpression(text));

/**
 * JSON of CycloneDX 1.6. Nothing in it depends on when or where it is made: the serial number is taken from the content, and
 * there is no time. What the base image adds (glibc, libstdc++) is in the base image's own list of packages.
 */
export function sbomOf({ name, version, parts, node }: Program): string {
  const bom = new Models.Bom();
  const program = new Models.Component(Enums.ComponentType.Application, `rolechain-${name}`, {
    bomRef: `rolechain-${name}`,
    version,
    licenses: new Models.LicenseRepository([licenses.makeFromString('Apache-2.0')]),
  });
  bom.metadata.component = program;
  bom.metadata.lifecycles.add(Enums.LifecyclePhase.Build);
  const built = parts.map((part) => ({ part, component: componentOf(part) }));
  const components = new Map(built.map(({ part, component }) => [idOf(part), component]));
  for (const { part, component } of built) {
    // `uses` names parts of this program alone.
    for (const used of part.uses.flatMap((id) => components.get(id) ?? [])) component.dependencies.add(used.bomRef);
    if (part.isDirect) program.dependencies.add(component.bomRef);
    bom.components.add(component);
  }
  if (node !== undefined) {
    const runtime = nodeComponent(node);
    bom.components.add(runtime);
    program.dependencies.add(runtime.bomRef);
  }
  bom.serialNumber = serialNumber(toJSON(bom));
  return `${toJSON(bom)}\n`;
}

function toJSON(bom: Models.Bom): string {
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return serializer.serialize(bom, { sortLists: true, space: 1 });
}

function componentOf(part: Part): Models.Component {
  const name = part.name.slice(part.name.indexOf('/') + 1);
  const group = part.name.startsWith('@') ? part.name.slice(0, part.name.indexOf('/')) : undefined;
  const purl = new PackageURL('npm', group, name, part.version).toString();
  return new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: purl,
    purl,
    ...(group === undefined ? {} : { group }),
    version: part.version,
    licenses: new Models.LicenseRepository([licenses.makeFromString(part.license)]),
    // Of the package as the registry has it: what the lock file pins.
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-512'], hexOf(part)]]),
  });
}

function hexOf({ integrity, ...part }: Part): string {
  const [algorithm, digest] = integrity.split('-', 2);
  if (algorithm !== 'sha512' || digest === undefined)
    throw new Error(`${idOf(part)} has the hash ${integrity} in pnpm-lock.yaml, which is not sha512`);
  return Buffer.from(digest, 'base64').toString('hex');
}

/** As scanners name it, so that they find what is known of it. */
function nodeComponent(versions: NonNullable<Program['node']>): Models.Component {
  const version = versions.node ?? '';
  const purl = new PackageURL('generic', undefined, 'node', version).toString();
  const inside = Object.entries(versions).filter(([name]) => !NOT_PROGRAMS.has(name));
  return new Models.Component(Enums.ComponentType.Platform, 'node', {
    bomRef: purl,
    purl,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    version,
    licenses: new Models.LicenseRepository([licenses.makeFromString('MIT')]),
    components: new Models.ComponentRepository(
      inside.map(
        ([name, version = '']) =>
          new Models.Component(Enums.ComponentType.Library, name, { bomRef: `${purl}#${name}`, version }),
      ),
    ),
  });
}

/** A UUID of version 8 (RFC 9562): its bits are ours to choose. */
function serialNumber(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const groups = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`];
  return `urn:uuid:${[...groups, hex.slice(20, 32)].join('-')}`;
}
