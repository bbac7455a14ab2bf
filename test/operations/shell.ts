/** A shell in which a page's commands are typed as they stand there, at the root of a clone. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../fixture/install.ts';

export interface Shell {
  /** Resolves to what it prints. Rejects with its errors, and with warnings, which are an error of ours, too. */
  readonly type: (command: string, env?: Readonly<Record<string, string>>) => Promise<string>;
  readonly close: () => void;
}

/** `programs`: name → path; found there before anything else. */
export function openShell(programs: Readonly<Record<string, string>>, kubeconfig: string): Shell {
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-shell-'));
  for (const [name, path] of Object.entries(programs)) symlinkSync(path, join(folder, name));
  const ours = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, KUBECONFIG: kubeconfig };
  return {
    type: (command, env = {}) =>
      new Promise((resolve, reject) => {
        const options = { cwd: ROOT, env: { ...ours, ...env } };
        // Its input is a socket, for which bash would read the machine's bashrc.
        execFile('bash', ['--norc', '-euo', 'pipefail', '-c', command], options, (error, stdout, stderr) => {
          if (error || /^(?:Warning|error)/im.test(stderr)) reject(new Error(`${command}\n${stdout}${stderr}`));
          else resolve(stdout + stderr);
        });
      }),
    close: () => rmSync(folder, { recursive: true }),
  };
}
