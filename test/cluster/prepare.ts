/**
 * Makes the Kubernetes binaries be there, which takes minutes the first time: `node test/cluster/prepare.ts [release...]`,
 * of each release where none is named. scripts/test.ts does it for the releases that the chosen tests run on.
 */
import { fileURLToPath } from 'node:url';
import { SKIP_VARIABLE, findBinaries, locateBinaries } from './binaries.ts';
import { OLDEST_ASSETS_VARIABLE, RELEASES, kubernetesVersion, type ReleaseName } from './releases.ts';

/** False where some can't be had and must be: under `CI=true`. Elsewhere the tests that need them are skipped, and say so. */
export async function prepareBinaries(releases: readonly ReleaseName[]): Promise<boolean> {
  const missing = releases.filter((release) => 'reason' in locateBinaries(process.env, release));
  if (missing.length > 0) say(announcement(missing));
  let complete = true;
  for (const release of missing) {
    const found = await findBinaries({ build: true, release });
    if (!('reason' in found)) continue;
    say(found.reason);
    complete = false;
  }
  return complete || process.env.CI !== 'true';
}

/** What the first run is about to do, how long that took elsewhere, and how to do without. */
function announcement(missing: readonly ReleaseName[]): string {
  const programs = missing.map((name) => `${RELEASES[name].programs.join(', ')} ${kubernetesVersion(name)}`).join('; ');
  return `The tests run on a real kube-apiserver. Missing here: ${programs}.
They are built from their Go modules, once for this user: 5 to 11 minutes a release on 2 cores. A build that is
interrupted goes on where it stopped. To do without it:
  KUBEBUILDER_ASSETS=<folder>  takes etcd, kube-apiserver and kubectl from there, as envtest's setup-envtest brings them
  ${OLDEST_ASSETS_VARIABLE}=<folder>  takes the kube-apiserver of the oldest release from there
  ${SKIP_VARIABLE}=1  builds none: the tests that need what is missing are skipped
  npx -y pnpm@10 test:unit  runs the tests that need none of it`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = Object.keys(RELEASES) as ReleaseName[];
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !(all as string[]).includes(name));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: no release; there are ${all.join(' and ')}`);
  if (!(await prepareBinaries(asked.length > 0 ? (asked as ReleaseName[]) : all))) process.exitCode = 1;
}
