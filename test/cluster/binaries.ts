/** Where etcd, kube-apiserver and kubectl are, for the tests and the demo. */
import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.ts';

export interface Binaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  /** Absent from a KUBEBUILDER_ASSETS folder without it. */
  readonly kubectl?: string;
}

export interface Absent {
  /** One sentence: what is missing and how to get it. */
  readonly reason: string;
}

export interface FindOptions {
  /** Build them, once for this user, if they are nowhere: 5 to 11 minutes on 2 cores. Default: false. */
  readonly build?: boolean;
  /** Takes lines of progress. Default: stderr. */
  readonly log?: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/** The Go module that pins the versions. */
export const goModule = join(import.meta.dirname, 'go');
export const programs = ['etcd', 'kube-apiserver', 'kubectl'] as const;

/**
 * The binaries of the first place that is set or filled: the folder KUBEBUILDER_ASSETS (the convention of
 * controller-runtime's envtest), then the project's cache. Looks at the file system only, so that jest can ask
 * while it collects tests.
 */
export function locateBinaries(env: NodeJS.ProcessEnv = process.env): Binaries | Absent {
  const assets = nonEmpty(env.KUBEBUILDER_ASSETS);
  const folder = assets ?? cacheFolder(env);
  const missing = programs.filter((p) => !(p === 'kubectl' && assets) && !isExecutable(join(folder, p)));
  if (missing.length > 0) return { reason: assets ? wrongAssets(folder, missing) : nowhere(folder) };
  const kubectl = join(folder, 'kubectl');
  return {
    etcd: join(folder, 'etcd'),
    kubeApiserver: join(folder, 'kube-apiserver'),
    ...(isExecutable(kubectl) && { kubectl }),
  };
}

/** As locateBinaries; with `build`, makes what is absent from the Go module. Throws when the build fails. */
export async function findBinaries(options: FindOptions = {}): Promise<Binaries | Absent> {
  const { env = process.env, log = (line) => process.stderr.write(`${line}\n`) } = options;
  const found = locateBinaries(env);
  // A folder that was named and is wrong should be mended, not passed over.
  if (!('reason' in found) || !options.build || nonEmpty(env.KUBEBUILDER_ASSETS)) return found;
  const impossible = await build({
    source: goModule,
    target: cacheFolder(env),
    programs,
    version: kubernetesVersion(),
    env,
    log,
  });
  return impossible ? { reason: `${found.reason} ${impossible}` } : locateBinaries(env);
}

/** The version in go.mod, with its v: "v1.37.1". */
export function kubernetesVersion(): string {
  const version = /^\tk8s\.io\/kubernetes (v\S+)$/m.exec(readFileSync(join(goModule, 'go.mod'), 'utf8'))?.[1];
  if (!version) throw new Error(`${goModule}/go.mod requires no k8s.io/kubernetes`);
  return version;
}

/** `~/.cache/rolechain/kube/<version>-<digest of the sources>`: other sources never meet old binaries. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', ...programs.map((p) => `cmd/${p}/main.go`)]) {
    hash.update(readFileSync(join(goModule, file)));
  }
  const cache = nonEmpty(env.XDG_CACHE_HOME) ?? join(nonEmpty(env.HOME) ?? homedir(), '.cache');
  return join(cache, 'rolechain', 'kube', `${kubernetesVersion()}-${hash.digest('hex').slice(0, 12)}`);
}

/** A variable that is set to nothing counts as not set. */
function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function wrongAssets(folder: string, missing: readonly string[]): string {
  return `KUBEBUILDER_ASSETS is ${folder}, where there is no ${missing.join(' and no ')}: correct it or unset it.`;
}

function nowhere(folder: string): string {
  return (
    `No etcd, kube-apiserver and kubectl ${kubernetesVersion()} in ${folder}: ` +
    'build them once with `node test/cluster/prepare.ts` (Go, 5 to 11 minutes), ' +
    'or set KUBEBUILDER_ASSETS to a folder that has them.'
  );
}
