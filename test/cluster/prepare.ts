/** Run before jest: makes the Kubernetes binaries of each release be there, which takes minutes the first time. */
import { findBinaries } from './binaries.ts';
import { RELEASES, type ReleaseName } from './releases.ts';

for (const release of Object.keys(RELEASES) as ReleaseName[]) {
  const found = await findBinaries({ build: true, release });
  if (!('reason' in found)) continue;
  process.stderr.write(`${found.reason}\n`);
  // Elsewhere the tests that need a cluster are skipped, and say so.
  if (process.env.CI === 'true') process.exitCode = 1;
}
