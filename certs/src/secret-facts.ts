/** What a Secret holds, read: whatever somebody wrote into it. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { KeyPair } from './authority.ts';
import type { Authority, AuthorityReason, Leaf, LeafReason, SecretFacts } from './rotation.ts';

/** The keys of the Secret; the first two are those that `kubernetes.io/tls` demands. Values are PEM. */
export const SECRET_KEYS = ['tls.crt', 'tls.key', 'ca.crt', 'ca.key'] as const;
export type CertificateData = Readonly<Partial<Record<(typeof SECRET_KEYS)[number], string>>>;

/** What a server serves and what its clients must trust. */
export interface Certificates {
  /** PEM of one or more CA certificates, and nothing else. */
  readonly bundle: string;
  /** PEM of the leaf (and of intermediates, if somebody put them there). */
  readonly certificate: string;
  /** PEM (PKCS #8) of the leaf's private key. */
  readonly key: string;
  readonly notAfter: Date;
  /** Of the CA that has signed it. */
  readonly authorityNotAfter: Date;
}

/** The facts for `plan`, and what they stand for. */
export interface SecretContent {
  readonly facts: SecretFacts;
  /** There unless `facts.leaf` is a reason. */
  readonly serving?: Certificates;
  /** There unless `facts.signer` is a reason. */
  readonly authority?: KeyPair;
}

/**
 * Never throws, whatever the Secret holds. A leaf is one only when key, leaf and a CA of the bundle belong together and the
 * leaf has all of `dnsNames` (further ones are fine: replicas of two versions must not fight over the Secret). Whether it is
 * the time for it is up to `plan`.
 */
export function readSecret(found: CertificateData, dnsNames: readonly string[]): SecretContent {
  const without = (signer: AuthorityReason): SecretContent => ({
    facts: { bundle: [], signer, leaf: 'LeafNotOfAuthority' },
  });
  if (isBlank(found['ca.crt'])) return without('AuthorityMissing');
  const bundle = readCertificates(found['ca.crt']);
  if (bundle === undefined) return without('AuthorityUnparsable');
  const leaf = attempt(() => readLeaf(found, bundle, dnsNames)) ?? 'LeafUnparsable';
  const signer = attempt(() => readSigner(found['ca.key'], bundle)) ?? 'AuthorityUnparsable';
  return {
    facts: {
      bundle: bundle.filter(({ ca }) => ca).map(authorityOf),
      signer: typeof signer === 'string' ? signer : signer.authority,
      leaf: typeof leaf === 'string' ? leaf : leaf.leaf,
    },
    ...(typeof leaf !== 'string' && { serving: leaf.serving }),
    ...(typeof signer !== 'string' && { authority: signer.pair }),
  };
}

/** The CA that signs new leafs: the one of the bundle that `ca.key` belongs to. */
function readSigner(
  keyPEM: string | undefined,
  bundle: Chain,
): { readonly authority: Authority; readonly pair: KeyPair } | AuthorityReason {
  if (isBlank(keyPEM)) return 'AuthorityKeyMissing';
  const key = readKey(keyPEM);
  if (key === undefined) return 'AuthorityKeyUnparsable';
  // `makeLeaf` can sign with RSA only, and Go refuses short keys.
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < 2048) return 'AuthorityKeyUnsuitable';
  const signer = bundle.find((ca) => ca.ca && ca.checkPrivateKey(key));
  if (signer === undefined) return 'AuthorityKeyMismatch';
  return { authority: authorityOf(signer), pair: { certificate: signer.toString(), key: exportKey(key) } };
}

function readLeaf(
  found: CertificateData,
  bundle: Chain,
  dnsNames: readonly string[],
): { readonly leaf: Leaf; readonly serving: Certificates } | LeafReason {
  if (isBlank(found['tls.crt'])) return 'LeafMissing';
  const chain = readCertificates(found['tls.crt']);
  if (chain === undefined) return 'LeafUnparsable';
  const [leaf] = chain;
  if (isBlank(found['tls.key'])) return 'LeafKeyMissing';
  const key = readKey(found['tls.key']);
  if (key === undefined) return 'LeafKeyUnparsable';
  if (!leaf.checkPrivateKey(key)) return 'LeafKeyMismatch';
  // Any CA of the bundle will do, not the signing one alone: in the midst of a rotation they differ.
  const issuers = bundle.filter((ca) => ca.ca && leaf.checkIssued(ca) && leaf.verify(ca.publicKey));
  const [issuer] = issuers;
  if (issuer === undefined) return 'LeafNotOfAuthority';
  // 'never': Go doesn't look at the subject either.
  if (!dnsNames.every((name) => leaf.checkHost(name, { subject: 'never' }))) return 'LeafNamesDiffer';
  const serving = {
    bundle: bundle
      .filter(({ ca }) => ca)
      .map((ca) => ca.toString())
      .join(''),
    certificate: toPEM(chain),
    key: exportKey(key),
    notAfter: leaf.validToDate,
    authorityNotAfter: issuer.validToDate,
  };
  return { leaf: { id: serving.certificate, ...lifeOf(leaf), issuers: issuers.map(authorityOf) }, serving };
}

/** The CA certificates of a bundle, as a configuration publishes it; none of one that can't be read. */
export function readAuthorities(pem: string): Authority[] {
  return (readCertificates(pem) ?? []).filter(({ ca }) => ca).map(authorityOf);
}

function authorityOf(certificate: X509Certificate): Authority {
  return { id: certificate.toString(), ...lifeOf(certificate) };
}

function lifeOf({ validFromDate, validToDate }: X509Certificate): { from: number; to: number } {
  return { from: validFromDate.getTime(), to: validToDate.getTime() };
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
