/** Where the sidecar's files are, and the one way in which it writes one. */
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATHS } from '@rolechain/shared';

export interface Files {
  /** One folder a role is in it. */
  readonly tokens: string;
  readonly stateFolder: string;
  readonly state: string;
  readonly podIdentityToken: string;
  readonly irsaToken: string;
  readonly environment: string;
  readonly externalIDs: string;
  readonly apiAccess: string;
}

/** All paths under `root`, which is empty in a pod. Pure. */
export function filesUnder(root: string): Files {
  const at = (...parts: string[]): string => join(root === '' ? '/' : root, ...parts);
  const stateFolder = at(PATHS.tokens, PATHS.stateFolder);
  return {
    tokens: at(PATHS.tokens),
    stateFolder,
    state: join(stateFolder, PATHS.stateFile),
    podIdentityToken: at(PATHS.baseIdentity, PATHS.podIdentityToken),
    irsaToken: at(PATHS.baseIdentity, PATHS.irsaToken),
    environment: at(PATHS.environment),
    externalIDs: at(PATHS.externalIDs),
    apiAccess: at(PATHS.apiAccess),
  };
}

/**
 * Writes a file by a temporary one beside it and a rename: a reader sees the old content or the new
 * one, never a part. `mode` holds whatever the umask is. Throws Node's error.
 */
export function writeAtomically(path: string, content: string, mode: number): void {
  const temporary = `${path}.new`;
  // One that a crash left may be read-only.
  rmSync(temporary, { force: true });
  writeFileSync(temporary, content, { mode, flag: 'wx' });
  chmodSync(temporary, mode);
  renameSync(temporary, path);
}
