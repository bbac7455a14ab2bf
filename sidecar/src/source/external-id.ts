import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, externalIDFile, LIMITS, type SecretKeyRef } from '@rolechain/shared';
import { errorCode } from '../model/coded.ts';

/** STS API reference, AssumeRole: ExternalId. */
const EXTERNAL_ID = /^[A-Za-z0-9_+=,.@:/-]*$/;

/**
 * The value of `externalIDFrom`. Read at every use, since the kubelet follows changes of the Secret.
 * Rejects with ExternalIDMissing or ExternalIDInvalid, which name Secret and key and never the value.
 */
export async function readExternalID(folder: string, ref: SecretKeyRef): Promise<string> {
  const what = `Secret ${ref.name}, key ${ref.key}`;
  let value: string;
  try {
    value = await readFile(join(folder, externalIDFile(ref)), 'utf8');
  } catch (error) {
    throw new CodedError('ExternalIDMissing', `${what}: ${errorCode(error)}.`);
  }
  const wrong = fault(value);
  if (wrong !== undefined) throw new CodedError('ExternalIDInvalid', `${what}: it ${wrong}.`);
  return value;
}

/** What is wrong with a value, without showing any of it. */
function fault(value: string): string | undefined {
  if (/[\r\n]$/.test(value)) return 'ends in a newline';
  const { externalIDMin: min, externalIDMax: max } = LIMITS;
  if (value.length < min || value.length > max) return `has ${value.length} characters, not ${min}-${max}`;
  return EXTERNAL_ID.test(value) ? undefined : 'has a character that an ExternalId does not take';
}
