/** The browser of this machine. None is downloaded. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian's, its build without windows, and what GitHub's runners have. */
const NAMES = ['chromium', 'chromium-headless-shell', 'google-chrome'];

export const NO_CHROMIUM = `no ${NAMES.join(', ')} on the PATH (Debian: apt-get install chromium)`;

export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
