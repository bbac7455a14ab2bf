import { readFile } from 'node:fs/promises';
import { CodedError } from '@rolechain/shared';

/**
 * A projected token. Read at every use, since the kubelet replaces it at 80 % of its lifetime
 * (kubernetes.io, Service account token volume projection). Rejects with BaseTokenUnreadable.
 */
export async function readTokenFile(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new CodedError('BaseTokenUnreadable', `${path}: ${errorCode(error)}.`);
  }
  const token = text.trim();
  if (token === '') throw new CodedError('BaseTokenUnreadable', `${path} is empty.`);
  // It goes into a header, where Node would throw an error that shows the value.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new CodedError('BaseTokenUnreadable', `${path} holds no token.`);
  return token;
}

/** `ENOENT` and the like, which say enough and never more than that. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'unknown error';
}
