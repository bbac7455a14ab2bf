import { readFile } from 'node:fs/promises';
import { CodedError } from '@rolechain/shared';
import { errorCode } from '../model/coded.ts';

/**
 * A projected token. Read at every use, since the kubelet replaces it at 80 % of its lifetime
 * (kubernetes.io, Service account token volume projection). Rejects with BaseTokenUnreadable or BaseTokenMalformed.
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
  // It goes into a header, where Node would throw an error that shows the value; and a part of one, sent to STS or the
  // agent, would come back as a refusal, which is not for what passes.
  if (!JWT.test(token)) throw new CodedError('BaseTokenMalformed', `${path} is not three parts in base64url.`);
  return token;
}

/** RFC 7515, section 7.1: the compact form of a signed one. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
