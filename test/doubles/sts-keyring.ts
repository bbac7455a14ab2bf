/**
 * Double of AWS's memory for access keys: mints credentials that look like real ones and knows who holds them.
 *
 * The session token is opaque random data here; a real one carries the session, so its length is no measure.
 */
import { createHash, randomBytes } from 'node:crypto';
import { isSecret } from '@rolechain/kit/record.ts';
import { parseArn } from './iam.ts';
import type { Caller } from './trust.ts';

/** Who holds a key. Permissions of a role session are read from the role at each call, as IAM does. */
export type Holder = Omit<Caller, 'permissions'> & { userId: string; accountId: string };

/** `expiresAt` in milliseconds; long-term keys have neither token nor expiry. */
export type HeldKey = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiresAt?: number;
  holder: Holder;
};

export type SessionKey = HeldKey & { sessionToken: string; expiresAt: number };

export type Keyring = {
  find: (accessKeyId: string) => HeldKey | undefined;
  /** Every secret key and session token so far: what no log may hold. */
  secrets: () => string[];
  /** Temporary credentials of a role session. */
  mintSession: (holder: Holder, expiresAt: number) => SessionKey;
  /** Long-term keys of an IAM user. */
  mintUser: (userArn: string) => HeldKey;
};

export function createKeyring(): Keyring {
  const keys = new Map<string, HeldKey>();
  const keep = <K extends HeldKey>(key: K): K => {
    keys.set(key.accessKeyId, key);
    isSecret('secret access key', key.secretAccessKey);
    isSecret('session token', key.sessionToken ?? '');
    return key;
  };
  return {
    find: (accessKeyId) => keys.get(accessKeyId),
    secrets: () =>
      [...keys.values()].flatMap(({ secretAccessKey, sessionToken }) =>
        sessionToken === undefined ? [secretAccessKey] : [secretAccessKey, sessionToken],
      ),
    mintSession: (holder, expiresAt) => keep({ ...mint('ASIA'), sessionToken: mintToken(), expiresAt, holder }),
    mintUser: (userArn) =>
      keep({
        ...mint('AKIA'),
        holder: {
          arn: userArn,
          tags: {},
          transitiveTagKeys: [],
          userId: uniqueId('AIDA', userArn),
          accountId: parseArn(userArn)?.account ?? '',
        },
      }),
  };
}

/** The unique identifier that IAM gives a role (AROA…) or user (AIDA…): the same for the same ARN. */
export function uniqueId(prefix: 'AROA' | 'AIDA', arn: string): string {
  return prefix + base32(createHash('sha256').update(arn).digest(), 17);
}

function mint(prefix: 'ASIA' | 'AKIA'): { accessKeyId: string; secretAccessKey: string } {
  return { accessKeyId: prefix + base32(randomBytes(16), 16), secretAccessKey: randomBytes(30).toString('base64') };
}

/** Base64 that begins as real session tokens do. */
function mintToken(): string {
  return Buffer.concat([Buffer.from('!\n\torigin_ec'), randomBytes(480)]).toString('base64');
}

/** One letter a byte: evenly spread, since the alphabet has 32 letters. */
function base32(bytes: Buffer, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from(bytes.subarray(0, length), (byte) => alphabet[byte % 32]).join('');
}
