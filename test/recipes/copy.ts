/** A copy of the repository in which recipes are followed: sources of its own, installed packages by links. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { RECORDS_VARIABLE } from '@rolechain/kit/record.ts';
import { ROOT } from '../../scripts/build/root.ts';

export interface Copy {
  readonly root: string;
  readonly read: (path: string) => string;
  readonly write: (path: string, text: string) => void;
  /** What a program of Node says, whatever its exit code. */
  readonly run: (...args: string[]) => Promise<string>;
  readonly remove: () => void;
}

/** `files` and the folders of installed packages beside them. */
export function makeCopy(files: readonly string[], folders: Iterable<string>): Copy {
  const root = mkdtempSync(join(tmpdir(), 'recipes-'));
  for (const file of files) {
    // One that is deleted and not yet committed is listed, too.
    if (!existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(root, file)), { recursive: true });
    cpSync(join(ROOT, file), join(root, file));
  }
  for (const folder of ['', ...folders])
    linkPackages(join(ROOT, folder, 'node_modules'), join(root, folder, 'node_modules'));
  return {
    root,
    read: (path) => readFileSync(join(root, path), 'utf8'),
    write: (path, text) => {
      writeFileSync(join(root, path), text);
    },
    run: async (...args) => {
      // The records are those of a run that is still writing them: they are searched at its end.
      const { NODE_OPTIONS: _options, JEST_WORKER_ID: _worker, [RECORDS_VARIABLE]: _records, ...env } = process.env;
      const options = { cwd: root, env: { ...env, FORCE_COLOR: '0' }, maxBuffer: 64 << 20 };
      const ended: { stdout: string; stderr: string } = await promisify(execFile)(
        process.execPath,
        args,
        options,
      ).catch((error: unknown) => error as { stdout: string; stderr: string });
      return ended.stdout + ended.stderr;
    },
    remove: () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Links as they are, so that those to packages of ours lead to the copy's; pnpm's store of the others is one link. */
function linkPackages(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (entry.name.startsWith('@')) linkPackages(source, target);
    else if (entry.name === '.pnpm') symlinkSync(source, target);
  }
}
