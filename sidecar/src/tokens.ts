/** The token of each role: whoever can read its file holds the role. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '@rolechain/shared';
import { writeAtomically } from './files.ts';
import { errorCode } from './source/token-file.ts';

/** 32 random bytes in base64url: no SDK has to escape it in a header. */
const TOKEN = /^[\w-]{43}$/;

/**
 * The tokens of `roles`, by role, each in `<folder>/<role>/token`. A well-formed one that is there is
 * kept: containers hold it since before the sidecar's restart, and the AWS CLI reads the file once a
 * process. No newline at the end: most SDKs refuse it. Throws TokenUnwritable.
 */
export function ensureTokens(folder: string, roles: readonly string[]): ReadonlyMap<string, string> {
  return new Map(roles.map((role) => [role, ensureToken(join(folder, role))]));
}

function ensureToken(folder: string): string {
  const path = join(folder, 'token');
  const existing = read(path);
  if (existing !== undefined && TOKEN.test(existing)) return existing;
  const token = randomBytes(32).toString('base64url');
  try {
    // Containers of any user read it, each only the folder that is mounted into it.
    if (mkdirSync(folder, { recursive: true }) !== undefined) chmodSync(folder, 0o755);
    writeAtomically(path, token, 0o444);
  } catch (error) {
    throw new CodedError('TokenUnwritable', `${path}: ${errorCode(error)}.`);
  }
  return token;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
