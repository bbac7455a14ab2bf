/** Run before jest: makes the Kubernetes binaries be there, which takes minutes the first time. */
import { findBinaries } from './binaries.ts';

const found = await findBinaries({ build: true });
if ('reason' in found) {
  process.stderr.write(`${found.reason}\n`);
  // Elsewhere the tests that need a cluster are skipped, and say so.
  if (process.env.CI === 'true') process.exitCode = 1;
}
