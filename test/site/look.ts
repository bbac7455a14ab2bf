import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../scripts/build/root.ts';
import type { Report } from '../../site/report.ts';

/** What the browser finds on each page below a folder. */
export async function lookAtPages(folder: string, contrast: readonly string[]): Promise<Report> {
  const args = ['browser/check.ts', folder, ...contrast.flatMap((name) => ['--contrast', name])];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: join(ROOT, 'site'),
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout) as Report;
}
