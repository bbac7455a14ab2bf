import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { LOOKAHEAD_MS, type KeyPair } from './authority.ts';

/** The keys of the Secret; the first two are those that `kubernetes.io/tls` demands. Values are PEM. */
export const SECRET_KEYS = ['tls.crt', 'tls.key', 'ca.crt', 'ca.key'] as const;
export type CertificateData = Readonly<Partial<Record<(typeof SECRET_KEYS)[number], string>>>;

/** What a server serves and what its clients must trust. */
export interface Certificates {
  /** PEM of one or more CA certificates, and nothing else: it is published as it is. */
  readonly bundle: string;
  /** PEM of the leaf (and of intermediates, if somebody put them there). */
  readonly certificate: string;
  /** PEM (PKCS #8) of the leaf's private key. */
  readonly key: string;
  readonly notAfter: Date;
}

/** Why a new leaf is needed. */
export type LeafReason =
  | 'LeafMissing'
  | 'LeafUnparsable'
  | 'LeafKeyMissing'
  | 'LeafKeyUnparsable'
  | 'LeafKeyMismatch'
  | 'LeafNotOfAuthority'
  | 'LeafNamesDiffer'
  | 'LeafNotYetValid'
  | 'LeafExpiring';

/** Why a new CA is needed, and so a new leaf. */
export type AuthorityReason =
  | 'AuthorityMissing'
  | 'AuthorityUnparsable'
  | 'AuthorityKeyMissing'
  | 'AuthorityKeyUnparsable'
  | 'AuthorityKeyUnsuitable'
  | 'AuthorityKeyMismatch'
  | 'AuthorityNotYetValid'
  | 'AuthorityExpiring';

/** `standing` is what is found and still good: it is served on if the new one can't be written. */
export type Action =
  | { readonly do: 'create' }
  | { readonly do: 'serve'; readonly serving: Certificates }
  | {
      readonly do: 'renewLeaf';
      readonly reason: LeafReason;
      readonly authority: KeyPair;
      readonly bundle: string;
      readonly standing?: Certificates;
    }
  | { readonly do: 'replace'; readonly reason: AuthorityReason; readonly standing?: Certificates };

/**
 * What to do about the Secret's content `found` (undefined: there is no Secret). Never throws, whatever
 * the Secret holds. It says `serve` only when key, leaf and a CA of the bundle belong together, the leaf
 * has all of `dnsNames` (further ones are fine: replicas of two versions must not fight over the Secret),
 * and leaf and signing CA are good for `LOOKAHEAD_MS` more.
 *
 * A CA is replaced at once in the Secret. That both are trusted meanwhile is up to maintain-certificates.ts (Overlap).
 */
export function plan(found: CertificateData | undefined, now: Date, dnsNames: readonly string[]): Action {
  if (found === undefined) return { do: 'create' };
  if (isBlank(found['ca.crt'])) return { do: 'replace', reason: 'AuthorityMissing' };
  const bundle = readCertificates(found['ca.crt']);
  if (bundle === undefined) return { do: 'replace', reason: 'AuthorityUnparsable' };

  const leaf = attempt(() => judgeLeaf(found, bundle, now, dnsNames)) ?? { reason: 'LeafUnparsable' };
  const standing = leaf.serving === undefined ? {} : { standing: leaf.serving };
  const authority = attempt(() => judgeAuthority(found['ca.key'], bundle, now)) ?? 'AuthorityUnparsable';
  if (typeof authority === 'string') return { do: 'replace', reason: authority, ...standing };
  if (leaf.reason !== undefined) {
    return { do: 'renewLeaf', reason: leaf.reason, authority, bundle: toPEM(bundle), ...standing };
  }
  return { do: 'serve', serving: leaf.serving };
}

/** The CA that signs new leafs: the one of the bundle that `ca.key` belongs to. */
function judgeAuthority(keyPEM: string | undefined, bundle: Chain, now: Date): KeyPair | AuthorityReason {
  if (isBlank(keyPEM)) return 'AuthorityKeyMissing';
  const key = readKey(keyPEM);
  if (key === undefined) return 'AuthorityKeyUnparsable';
  // `makeLeaf` can sign with RSA only, and Go refuses short keys.
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < 2048) return 'AuthorityKeyUnsuitable';
  const signer = bundle.find((ca) => ca.ca && ca.checkPrivateKey(key));
  if (signer === undefined) return 'AuthorityKeyMismatch';
  if (now < signer.validFromDate) return 'AuthorityNotYetValid';
  if (remaining(signer, now) < LOOKAHEAD_MS) return 'AuthorityExpiring';
  return { certificate: signer.toString(), key: exportKey(key) };
}

type JudgedLeaf =
  | { readonly reason?: never; readonly serving: Certificates }
  | { readonly reason: LeafReason; readonly serving?: Certificates };

function judgeLeaf(found: CertificateData, bundle: Chain, now: Date, dnsNames: readonly string[]): JudgedLeaf {
  if (isBlank(found['tls.crt'])) return { reason: 'LeafMissing' };
  const chain = readCertificates(found['tls.crt']);
  if (chain === undefined) return { reason: 'LeafUnparsable' };
  const [leaf] = chain;
  if (isBlank(found['tls.key'])) return { reason: 'LeafKeyMissing' };
  const key = readKey(found['tls.key']);
  if (key === undefined) return { reason: 'LeafKeyUnparsable' };
  if (!leaf.checkPrivateKey(key)) return { reason: 'LeafKeyMismatch' };
  if (!bundle.some((ca) => hasIssued(ca, leaf, now))) return { reason: 'LeafNotOfAuthority' };
  // 'never': Go doesn't look at the subject either.
  if (!dnsNames.every((name) => leaf.checkHost(name, { subject: 'never' }))) return { reason: 'LeafNamesDiffer' };
  if (now < leaf.validFromDate) return { reason: 'LeafNotYetValid' };
  const left = remaining(leaf, now);
  if (left <= 0) return { reason: 'LeafExpiring' };
  const serving = {
    bundle: toPEM(bundle),
    certificate: toPEM(chain),
    key: exportKey(key),
    notAfter: leaf.validToDate,
  };
  return left < LOOKAHEAD_MS ? { reason: 'LeafExpiring', serving } : { serving };
}

/** Any CA of the bundle will do, not the signing one alone: in the midst of a rotation they differ. */
function hasIssued(ca: X509Certificate, leaf: X509Certificate, now: Date): boolean {
  const isValid = ca.validFromDate <= now && now < ca.validToDate;
  return ca.ca && isValid && leaf.checkIssued(ca) && leaf.verify(ca.publicKey);
}

type Chain = readonly [X509Certificate, ...X509Certificate[]];

/**
 * The certificates of a PEM text, if all of them can be read. Only these are ever passed on: a private
 * key that somebody pasted into `ca.crt` must not be published to all who may read webhook configurations.
 */
export function readCertificates(pem: string): Chain | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const begun = pem.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;
  if (blocks.length !== begun) return undefined;
  const [first, ...rest] = attempt(() => blocks.map((block) => new X509Certificate(block))) ?? [];
  return first === undefined ? undefined : [first, ...rest];
}

function toPEM(certificates: Chain): string {
  return certificates.map((certificate) => certificate.toString()).join('');
}

function readKey(pem: string): KeyObject | undefined {
  return attempt(() => createPrivateKey(pem));
}

function exportKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function remaining(certificate: X509Certificate, now: Date): number {
  return certificate.validToDate.getTime() - now.getTime();
}

function isBlank(text: string | undefined): text is undefined | '' {
  return text === undefined || text.trim() === '';
}

/** OpenSSL's complaints about garbage have no more to say than that it is garbage. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
