/** What of other people's packages is in a bundle: by the files of which something is left in it, and by the lock file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './root.ts';

/** A package of which something is in a bundle. */
export interface Part {
  readonly name: string;
  readonly version: string;
  /** SPDX expression of its package.json. */
  readonly license: string;
  readonly author: string | undefined;
  readonly homepage: string | undefined;
  /** Of the package as it was downloaded, from the lock file: `sha512-` and base64. */
  readonly integrity: string;
  /** Where it is installed. */
  readonly folder: string;
  /** Whether a package of ours asks for it. */
  readonly isDirect: boolean;
  /** `name@version` of parts that it uses; a package of which nothing is left stands for those that it uses. */
  readonly uses: readonly string[];
  /** The range of Node that its package.json asks for. */
  readonly node: string | undefined;
}

export interface LockFile {
  /** By the folder of a package of ours. */
  readonly importers: Readonly<
    Record<string, { readonly dependencies?: Readonly<Record<string, { readonly version: string }>> }>
  >;
  /** By `name@version`. */
  readonly packages: Readonly<Record<string, { readonly resolution: { readonly integrity?: string } }>>;
  /** By `name@version`, with its peers in parentheses. */
  readonly snapshots: Readonly<Record<string, Snapshot>>;
}

interface Snapshot {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name?: string };
  readonly homepage?: string;
  readonly engines?: { readonly node?: string };
}

export const idOf = ({ name, version }: Pick<Part, 'name' | 'version'>): string => `${name}@${version}`;

export function readLockFile(): LockFile {
  return parse(readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8')) as LockFile;
}

/** The programs that have an image, which holds a Node. */
export const IMAGES = ['webhook', 'sidecar'] as const;
export type ImageName = (typeof IMAGES)[number];
/** All that a release ships. The command line runs on the Node of its user. */
export const PROGRAMS = [...IMAGES, 'cli'] as const;
export type ProgramName = (typeof PROGRAMS)[number];

/**
 * The parts of a program's bundle, sorted. `inputs`: its files (esbuild's metafile), relative to the root. Throws where a
 * package has no licence in its package.json, or the lock file doesn't have it: nobody could say what it is.
 */
export function partsOf(inputs: readonly string[], lock: LockFile): Part[] {
  const folders = new Set(inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  const manifests = [...folders].map((folder) => ({ folder, manifest: readManifest(folder) }));
  const ids = new Set(manifests.map(({ manifest }) => idOf(manifest)));
  const uses = usesOf(lock, ids);
  const ours = new Set(inputs.flatMap((file) => (file.includes('node_modules/') ? [] : [file.split('/', 1).join()])));
  const direct = new Set(
    [...ours].flatMap((folder) =>
      Object.entries(lock.importers[folder]?.dependencies ?? {}).map(([name, { version }]) =>
        bare(`${name}@${version}`),
      ),
    ),
  );
  const parts = manifests.map(({ folder, manifest }): Part => {
    const { name, version, license, author, homepage, engines } = manifest;
    const id = idOf(manifest);
    const integrity = lock.packages[id]?.resolution.integrity;
    if (integrity === undefined) throw new Error(`${id} is in a bundle, and pnpm-lock.yaml has no hash of it`);
    if (typeof license !== 'string') throw new Error(`${id} is in a bundle, and its package.json names no licence`);
    const by = typeof author === 'string' ? author : author?.name;
    const isDirect = direct.has(id);
    return {
      name,
      version,
      license,
      author: by,
      homepage,
      integrity,
      folder,
      isDirect,
      uses: uses(id),
      node: engines?.node,
    };
  });
  return parts.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
}

/** Without the peers that pnpm notes in parentheses. */
const bare = (id: string): string => id.split('(', 1)[0] ?? '';

/** For a package its nearest dependencies that are among `ids`. */
function usesOf({ snapshots }: LockFile, ids: ReadonlySet<string>): (id: string) => string[] {
  const direct = new Map<string, Set<string>>();
  for (const [key, { dependencies, optionalDependencies }] of Object.entries(snapshots)) {
    const of = direct.get(bare(key)) ?? new Set<string>();
    direct.set(bare(key), of);
    for (const [name, version] of Object.entries({ ...dependencies, ...optionalDependencies })) {
      const at = bare(version);
      // One that is installed under another name than its own has both here.
      of.add(at.includes('@') ? at : `${name}@${at}`);
    }
  }
  return (id) => {
    const found = new Set<string>();
    const seen = new Set<string>([id]);
    const waiting = [...(direct.get(id) ?? [])];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      if (ids.has(next)) found.add(next);
      else waiting.push(...(direct.get(next) ?? []));
    }
    return [...found].toSorted();
  };
}
