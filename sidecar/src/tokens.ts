/** The token of each role: whoever can read its file holds the role. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, ENDPOINT_TOKEN } from '@rolechain/shared';
import { writeAtomically } from './files.ts';
import { errorCode } from './source/token-file.ts';

/**
 * The tokens by role, each in `<folder>/<role>/token`. `chosen` names the roles, and the token of those
 * whose containers already have it in their environment; else a well-formed one that is there is kept:
 * containers hold it since before the sidecar's restart, and the AWS CLI reads the file once a process.
 * No newline at the end: most SDKs refuse it. Throws TokenUnwritable.
 */
export function ensureTokens(
  folder: string,
  chosen: ReadonlyMap<string, string | undefined>,
): ReadonlyMap<string, string> {
  return new Map([...chosen].map(([role, token]) => [role, ensureToken(join(folder, role), token)]));
}

function ensureToken(folder: string, chosen: string | undefined): string {
  const path = join(folder, 'token');
  const existing = read(path);
  const keep = chosen === undefined ? existing !== undefined && ENDPOINT_TOKEN.test(existing) : existing === chosen;
  if (keep && existing !== undefined) return existing;
  const token = chosen ?? randomBytes(32).toString('base64url');
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
