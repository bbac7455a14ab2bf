/**
 * Double of the API server's token issuer: makes JSON Web Tokens as a projected ServiceAccount token is one, and
 * verifies such tokens for the doubles of STS and of the agent. RS256 and ES256 (RFC 7515, RFC 7518), node:crypto only.
 *
 * Checks: the form, the signature. Does not check: claims; `exp`, `nbf`, `aud` and `iss` are for the receiver.
 */
import {
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  verify,
  type KeyObject,
  type JsonWebKey,
} from 'node:crypto';
import { isSecret } from '@rolechain/kit/record.ts';

export type JwtAlgorithm = 'RS256' | 'ES256';
export type SigningKey = { alg: JwtAlgorithm; kid: string; privateKey: KeyObject; publicKey: KeyObject };
/** A verifying key in any of the forms that fixtures hold: PEM text, JWK or node's own. */
export type VerifyingKey = string | JsonWebKey | KeyObject;

export type Jwt = { header: Record<string, unknown>; claims: Record<string, unknown> };

/** A fresh key pair; RSA 2048 or P-256. */
export function makeSigningKey(alg: JwtAlgorithm = 'RS256'): SigningKey {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { alg, kid: randomUUID(), ...pair };
}

/** Signs any claims. */
export function signJwt(claims: Record<string, unknown>, key: SigningKey): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: key.alg, kid: key.kid })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return isSecret('ServiceAccount token', `${signed}.${signature.toString('base64url')}`);
}

export type ServiceAccountTokenOptions = {
  namespace: string;
  serviceAccount: string;
  /** The pod that the token is bound to; without it the token is one of TokenRequest. */
  pod?: { name: string; uid: string };
  audience: string | readonly string[];
  /** Negative for a token that has expired. */
  expiresInSeconds: number;
  key: SigningKey;
  issuer: string;
  /** Milliseconds; the issuer's clock. */
  now?: number;
};

/** A token as the API server issues it for a ServiceAccount: the claims of a projected token, not of a legacy one. */
export function makeServiceAccountToken(options: ServiceAccountTokenOptions): string {
  const { namespace, serviceAccount, pod, audience, expiresInSeconds, key, issuer } = options;
  const now = Math.floor((options.now ?? Date.now()) / 1000);
  const exp = now + expiresInSeconds;
  const issuedAt = Math.min(now, exp - 1);
  const claims = {
    aud: typeof audience === 'string' ? [audience] : audience,
    exp,
    iat: issuedAt,
    iss: issuer,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      ...(pod === undefined ? {} : { pod: { name: pod.name, uid: pod.uid } }),
      serviceaccount: { name: serviceAccount, uid: randomUUID() },
    },
    nbf: issuedAt,
    sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
  };
  return signJwt(claims, key);
}

/** Header and claims of a token, unverified; undefined when it is no JWT. */
export function decodeJwt(token: string): Jwt | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const [header, claims] = parts.slice(0, 2).map((part): unknown => {
      if (!/^[\w-]+$/.test(part)) throw new SyntaxError('not base64url');
      return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    });
    return isObject(header) && isObject(claims) ? { header, claims } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether one of the keys signed the token. The algorithm is the key's; the header may only agree with it. */
export function signedByOneOf(token: string, keys: readonly VerifyingKey[]): boolean {
  const algorithm = decodeJwt(token)?.header.alg;
  const dot = token.lastIndexOf('.');
  const signed = Buffer.from(token.slice(0, dot));
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  return keys.map(keyObject).some((key) => {
    const wanted = key.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256';
    return algorithm === wanted && verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
  });
}

function keyObject(key: VerifyingKey): KeyObject {
  if (typeof key === 'string') return createPublicKey(key);
  if ('asymmetricKeyType' in key) return key as KeyObject;
  return createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
