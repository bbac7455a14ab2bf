/** The token of each role: anyone who can read its file holds the role. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, constants, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, ENDPOINT_TOKEN } from '@rolechain/shared';
import { writeAtomically } from '../model/files.ts';
import { errorCode } from '../model/coded.ts';

export interface RoleToken {
  readonly token: string;
  /** What its file holds until `token` is written, where that is a token and another one. */
  readonly replaced: string | undefined;
}

/**
 * New tokens by role, and those that they replace, each in `<folder>/<role>/token`. `chosen` names the roles, and the
 * token of those whose containers already have it in their environment: these stay. Nothing is written yet: before
 * the port is ours, anyone who has it would be sent the new token.
 */
export function makeTokens(
  folder: string,
  chosen: ReadonlyMap<string, string | undefined>,
): ReadonlyMap<string, RoleToken> {
  return new Map(
    [...chosen].map(([role, given]) => {
      const token = given ?? randomBytes(32).toString('base64url');
      const existing = readToken(tokenPath(folder, role));
      return [role, { token, replaced: existing === token ? undefined : existing }];
    }),
  );
}

/**
 * Writes each token to its file, in whose folder it is renamed: containers have that folder mounted. No newline at the
 * end: most SDKs refuse it. Throws TokenUnwritable.
 */
export function writeTokens(folder: string, tokens: ReadonlyMap<string, RoleToken>): void {
  for (const [role, { token }] of tokens) {
    const path = tokenPath(folder, role);
    try {
      // Containers of any user read it, each only the folder that is mounted into it.
      const roleFolder = join(folder, role);
      if (mkdirSync(roleFolder, { recursive: true }) !== undefined) chmodSync(roleFolder, 0o755);
      writeAtomically(path, token, 0o444);
    } catch (error) {
      throw new CodedError('TokenUnwritable', `${path}: ${errorCode(error)}.`);
    }
  }
}

function tokenPath(folder: string, role: string): string {
  return join(folder, role, 'token');
}

const TOKEN_CHARS = 43;

/**
 * A well-formed token, or undefined. What restores a backup into the volume may have left anything there: no more than a
 * token is read, no link is followed, and a pipe that nobody writes to is not waited for.
 */
function readToken(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const bytes = Buffer.alloc(TOKEN_CHARS + 1);
    const text = bytes.toString('latin1', 0, readSync(file, bytes));
    return ENDPOINT_TOKEN.test(text) ? text : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
