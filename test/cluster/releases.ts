/** The Kubernetes releases that the tests run on. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Go module that their programs are built from; each release has its own file of versions in it. */
export const goModule = join(import.meta.dirname, 'go');

export interface Release {
  /** Of the module; the sums stand beside it. */
  readonly modFile: string;
  readonly programs: readonly string[];
}

/**
 * `newest` is what tests run on when nothing else is said. `oldest` is the oldest release that the README claims;
 * etcd and kubectl are those of `newest`.
 */
export const RELEASES = {
  newest: { modFile: 'go.mod', programs: ['etcd', 'kube-apiserver', 'kubectl'] },
  oldest: { modFile: 'oldest.mod', programs: ['kube-apiserver'] },
} as const satisfies Record<string, Release>;

export type ReleaseName = keyof typeof RELEASES;

/** Names a folder with a kube-apiserver of the oldest release, to use instead of one that is built. */
export const OLDEST_ASSETS_VARIABLE = 'ROLECHAIN_OLDEST_ASSETS';

/** Chooses the release that tests run on. jest.config.mjs sets it for the tests that run on each. */
export const RELEASE_VARIABLE = 'ROLECHAIN_KUBE_RELEASE';

/** Throws for a name that is none. */
export function chosenRelease(env: NodeJS.ProcessEnv = process.env): ReleaseName {
  const name = nonEmpty(env[RELEASE_VARIABLE]) ?? 'newest';
  if (Object.hasOwn(RELEASES, name)) return name as ReleaseName;
  throw new Error(`${RELEASE_VARIABLE} is ${name}; it takes ${Object.keys(RELEASES).join(' or ')}`);
}

/** The version that the release's file of versions names, with its v: "v1.37.1". */
export function kubernetesVersion(release: ReleaseName = 'newest'): string {
  const { modFile } = RELEASES[release];
  const version = /^\tk8s\.io\/kubernetes (v\S+)$/m.exec(readFileSync(join(goModule, modFile), 'utf8'))?.[1];
  if (!version) throw new Error(`${goModule}/${modFile} requires no k8s.io/kubernetes`);
  return version;
}

/** `~/.cache/rolechain/kube/<version>-<digest of the sources>`: other sources never meet old binaries. */
export function cacheFolder(env: NodeJS.ProcessEnv, release: ReleaseName = 'newest'): string {
  const { modFile, programs } = RELEASES[release];
  const files = [modFile, modFile.replace(/mod$/, 'sum'), ...programs.map((p) => `cmd/${p}/main.go`)];
  const cache = nonEmpty(env.XDG_CACHE_HOME) ?? join(nonEmpty(env.HOME) ?? homedir(), '.cache');
  return join(cache, 'rolechain', 'kube', `${kubernetesVersion(release)}-${sourceDigest(goModule, files)}`);
}

/** For the name of what is built from these files: other sources never meet an old program. */
export function sourceDigest(folder: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}

/** A variable that is set to nothing counts as not set. */
export function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
