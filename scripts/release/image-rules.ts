/** What an image of ours has to be. Each rule gives one sentence for each thing that is wrong. */
import { statSync } from 'node:fs';
import { IMAGE_PROGRAMS, PATHS, SIDECAR, VERSION } from '@rolechain/shared';
import type { ImageName } from '../build/parts.ts';
import type { Architecture } from '../images/architecture.ts';
import type { Bases } from '../images/bases.ts';
import { MAX_IMAGE_BYTES, MAX_OWN_BYTES } from './limits.ts';
import type { OCIImage } from './oci.ts';

/** An image, and what its layers hold. */
export interface Image {
  readonly program: ImageName;
  readonly architecture: Architecture;
  readonly image: OCIImage;
  /** For each layer the paths of its files, relative. */
  readonly files: readonly (readonly string[])[];
}

/** As they come from the command line, git and package.json. */
export interface Labels {
  readonly revision: string;
  /** Seconds since 1970, of the commit. */
  readonly timestamp: number;
  /** URL of the repository. */
  readonly source: string | undefined;
  /** Each as `<repository>@<digest>`; absent where they are of this machine alone. */
  readonly bases?: Bases | undefined;
}

/** Of the image-spec (annotations.md), beside those that the Dockerfiles have; it knows no place for the image of Node. */
export function labelsOf({ revision, timestamp, source, bases }: Labels): Record<string, string> {
  const key = (name: string): string => `org.opencontainers.image.${name}`;
  return {
    [key('version')]: VERSION,
    [key('revision')]: revision,
    [key('created')]: rfc3339(timestamp),
    ...(source === undefined ? {} : { [key('source')]: source }),
    ...(bases && {
      [key('base.name')]: bases.BASE_IMAGE,
      [key('base.digest')]: bases.BASE_IMAGE.replace(/^.*@/, ''),
      'io.rolechain.image.node': bases.NODE_IMAGE,
      'io.rolechain.image.build': bases.BUILD_IMAGE,
    }),
  };
}

const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

const OURS = 'rolechain/';
const NODE = PATHS.imageNode.slice(1);
/** Whose layers are made by the image's own V8, and differ from build to build. */
const CODE_CACHES = Object.values(IMAGE_PROGRAMS).map(({ codeCache }) => codeCache.slice(1));

export interface Sizes {
  readonly whole: number;
  readonly own: number;
}

/** Compressed bytes: of all layers, and of those that hold files of ours alone, without Node's. */
export function sizesOf({ image, files }: Pick<Image, 'image' | 'files'>): Sizes {
  const own = image.layers.filter((_layer, at) => isOwn(files[at] ?? []));
  const sum = (layers: OCIImage['layers']): number => layers.reduce((bytes, { size }) => bytes + size, 0);
  return { whole: sum(image.layers), own: sum(own) };
}

const isOwn = (paths: readonly string[]): boolean =>
  paths.length > 0 && paths.every((path) => path.startsWith(OURS) && path !== NODE);

export function sizeProblems(image: Image): string[] {
  const { whole, own } = sizesOf(image);
  const limits = [
    ['the whole', whole, MAX_IMAGE_BYTES],
    ['what is ours', own, MAX_OWN_BYTES[image.program]],
  ] as const;
  return limits.flatMap(([what, bytes, limit]) =>
    bytes > limit ? [`${what} takes ${bytes} bytes compressed, and the limit is ${limit}`] : [],
  );
}

export function labelProblems({ image, program }: Pick<Image, 'image' | 'program'>, labels: Labels): string[] {
  const expected = {
    ...labelsOf(labels),
    'org.opencontainers.image.title': `rolechain ${program}`,
    'org.opencontainers.image.licenses': 'Apache-2.0',
  };
  const found = image.config.Labels ?? {};
  const wrong = Object.entries(expected).filter(([name, value]) => found[name] !== value);
  const created = image.created !== undefined && Date.parse(image.created) === labels.timestamp * 1000;
  return [
    ...wrong.map(([name, value]) => `the label ${name} is ${found[name] ?? 'missing'}, not ${value}`),
    ...(created
      ? []
      : [`it was made at ${image.created ?? 'no time'}, not at the commit's ${rfc3339(labels.timestamp)}`]),
  ];
}

/** A number, so that kubelet can tell that it isn't root. The webhook's is in the Deployment too (a test holds them together). */
export function userProblems({ image, program }: Pick<Image, 'image' | 'program'>): string[] {
  const user = program === 'sidecar' ? `${SIDECAR.user}:${SIDECAR.user}` : '28174:28174';
  return image.config.User === user ? [] : [`it runs as the user ${image.config.User ?? ''}, not as ${user}`];
}

/** The same path in two layers: the lower one is shipped and never seen. */
export function layerProblems({ files }: Pick<Image, 'files'>): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const path of files.flat()) (seen.has(path) ? twice : seen).add(path);
  return [...twice].map((path) => `/${path} is in two layers`);
}

/** Of a file in the image. */
export interface FileFacts {
  /** Relative. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Below this a second copy costs less than the header of a layer's entry. */
const COPY_BYTES = 4096;

/** Two files of the same content, one of them ours; and any Node beside ours, of whatever version. */
export function copyProblems(facts: readonly FileFacts[]): string[] {
  const byContent = Map.groupBy(facts, ({ sha256 }) => sha256);
  const copies = [...byContent.values()].filter(
    (same) => same.length > 1 && same.some(({ path, bytes }) => bytes >= COPY_BYTES && path.startsWith(OURS)),
  );
  const nodes = facts.filter(({ path }) => path !== NODE && /(?:^|\/)node$/.test(path));
  return [
    ...copies.map((same) => `${same.map(({ path }) => `/${path}`).join(' and ')} are the same`),
    ...nodes.map(({ path }) => `/${path} is a second Node`),
  ];
}

/** Of ours: root's, written by nobody; and Node can be started but not read. `root`: where the image is unpacked. */
export function modeProblems(root: string, facts: readonly FileFacts[]): string[] {
  return facts
    .filter(({ path }) => path.startsWith(OURS))
    .flatMap(({ path }) => {
      const { mode, uid, gid } = statSync(`${root}/${path}`);
      const expected = path === NODE ? 0o111 : 0o444;
      const problems = uid === 0 && gid === 0 ? [] : [`/${path} belongs to ${uid}:${gid}`];
      if ((mode & 0o7777) !== expected)
        problems.push(`/${path} has the mode ${(mode & 0o7777).toString(8)}, not ${expected.toString(8)}`);
      return problems;
    });
}

/** Two builds of one commit: the same layers, but for that of the code cache; without one, the same image. */
export function differences(first: Pick<Image, 'image' | 'files'>, second: Pick<Image, 'image' | 'files'>): string[] {
  const layers = (at: Pick<Image, 'image' | 'files'>): string[] =>
    at.image.layers.map(({ digest }, n) =>
      at.files[n]?.some((path) => CODE_CACHES.includes(path)) ? 'code cache' : digest,
    );
  const [one, other] = [layers(first), layers(second)];
  if (!one.includes('code cache') && first.image.digest !== second.image.digest)
    return [`two builds have the digests ${first.image.digest} and ${second.image.digest}`];
  if (one.length !== other.length) return [`two builds have ${one.length} and ${other.length} layers`];
  const differing = one.flatMap((digest, at) => (digest === other[at] ? [] : [first.files[at]?.join(', ') ?? '']));
  return differing.map((paths) => `two builds differ in the layer with ${paths.slice(0, 200)}`);
}
