/** Where etcd, kube-apiserver and kubectl are, for the tests and the demo. */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.ts';
import {
  OLDEST_ASSETS_VARIABLE,
  RELEASES,
  cacheFolder,
  chosenRelease,
  goModule,
  kubernetesVersion,
  nonEmpty,
  type ReleaseName,
} from './releases.ts';

export { cacheFolder, kubernetesVersion } from './releases.ts';

const ASSETS_VARIABLE = 'KUBEBUILDER_ASSETS';

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
  /** Build them, once for this user, if they are nowhere: 5 to 11 minutes on 2 cores a release. Default: false. */
  readonly build?: boolean;
  /** Default: that of the environment. */
  readonly release?: ReleaseName;
  /** Takes lines of progress. Default: stderr. */
  readonly log?: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

export const { programs } = RELEASES.newest;

/** Set to anything, it keeps binaries from being built: what is not there is absent. */
export const SKIP_VARIABLE = 'ROLECHAIN_SKIP_KUBE_BUILD';

/**
 * The binaries of the first place that is set or filled: the folder KUBEBUILDER_ASSETS (the convention of
 * controller-runtime's envtest), then the project's cache. The kube-apiserver of the oldest release has a variable of its
 * own, ROLECHAIN_OLDEST_ASSETS. Looks at the file system only, so that jest can ask while it collects tests.
 */
export function locateBinaries(
  env: NodeJS.ProcessEnv = process.env,
  release: ReleaseName = chosenRelease(env),
): Binaries | Absent {
  const found = locateNewest(env);
  if (release === 'newest' || 'reason' in found) return found;
  const assets = nonEmpty(env[OLDEST_ASSETS_VARIABLE]);
  const folder = assets ?? cacheFolder(env, release);
  const kubeApiserver = join(folder, 'kube-apiserver');
  if (isExecutable(kubeApiserver)) return { ...found, kubeApiserver };
  return { reason: assets ? wrongAssets(OLDEST_ASSETS_VARIABLE, folder, ['kube-apiserver']) : nowhere(env, release) };
}

function locateNewest(env: NodeJS.ProcessEnv): Binaries | Absent {
  const assets = nonEmpty(env[ASSETS_VARIABLE]);
  const folder = assets ?? cacheFolder(env);
  const missing = programs.filter((p) => !(p === 'kubectl' && assets) && !isExecutable(join(folder, p)));
  if (missing.length > 0)
    return { reason: assets ? wrongAssets(ASSETS_VARIABLE, folder, missing) : nowhere(env, 'newest') };
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
  const release = options.release ?? chosenRelease(env);
  const found = locateBinaries(env, release);
  if (!('reason' in found) || !options.build) return found;
  // A folder that was named and is wrong should be mended, not passed over; and who brings the newest waits for no build.
  if (nonEmpty(env[ASSETS_VARIABLE]) || (release === 'oldest' && nonEmpty(env[OLDEST_ASSETS_VARIABLE]))) return found;
  if (nonEmpty(env[SKIP_VARIABLE]))
    return { reason: `${found.reason} ${SKIP_VARIABLE} is set, so that none is built.` };
  const impossible = await build({
    ...{ source: goModule, ...RELEASES[release], target: cacheFolder(env, release) },
    ...{ version: kubernetesVersion(release), env, log },
  });
  return impossible ? { reason: `${found.reason} ${impossible}` } : locateBinaries(env, release);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function wrongAssets(variable: string, folder: string, missing: readonly string[]): string {
  return `${variable} is ${folder}, where there is no ${missing.join(' and no ')}: correct it or unset it.`;
}

function nowhere(env: NodeJS.ProcessEnv, release: ReleaseName): string {
  const names = RELEASES[release].programs.join(', ').replace(/, (?=[^,]*$)/, ' and ');
  return (
    `No ${names} ${kubernetesVersion(release)} in ${cacheFolder(env, release)}: ` +
    'build what is missing once with `node test/cluster/prepare.ts` (Go, 5 to 11 minutes a release)' +
    `, or set ${release === 'newest' ? ASSETS_VARIABLE : OLDEST_ASSETS_VARIABLE} to a folder that has them.`
  );
}
