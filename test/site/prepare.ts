/** Builds the site of the docs with the command that CONTRIBUTING.md names, where there is a browser to look at it. */
import { spawnSync } from 'node:child_process';
import { ROOT } from '../../scripts/build/root.ts';
import { NO_CHROMIUM, findChromium } from '../../site/chromium.ts';

/** False where it can't be built. Without a browser its tests are skipped, and nothing is built. */
export function prepareSite(): boolean {
  if (findChromium() === undefined) {
    console.warn(`The site is not built: ${NO_CHROMIUM}`);
    return process.env.CI !== 'true';
  }
  const { status, stdout } = spawnSync('npx', ['-y', 'pnpm@10', 'site'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  // TypeScript and VitePress say what is wrong there.
  if (status !== 0) process.stderr.write(stdout);
  return status === 0;
}
