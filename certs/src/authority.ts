import { createPrivateKey, generateKeyPair, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { BACKDATED_MS, CERTIFICATE_TIMES } from '@rolechain/shared';

/** A certificate (PEM) and its private key (PKCS #8, PEM). */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A new self-signed CA of the given common name. It may sign leaves only (path length 0). */
export async function makeAuthority(options: { now: Date; commonName: string; lifetimeMs?: number }): Promise<KeyPair> {
  const { now, commonName, lifetimeMs = CERTIFICATE_TIMES.authorityMs } = options;
  const keys = await makeKeys();
  const subject = distinguishedName(commonName);
  const certificate = certify({
    publicKey: keys.publicKey,
    subject,
    issuer: subject,
    signingKey: keys.privateKey,
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: new Date(now.getTime() + lifetimeMs),
    extensions: [
      { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
      { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
      { name: 'subjectKeyIdentifier' },
    ],
  });
  return { certificate, key: keys.privateKey };
}

/**
 * A new serving certificate for `dnsNames` (at least one), signed by `authority`, whose key is RSA.
 * Go's x509 reads the names from the SAN alone; the common name is for people, and is the first label
 * because it has at most 64 characters (RFC 5280, ub-common-name), which the whole name may exceed.
 */
export async function makeLeaf(options: {
  authority: KeyPair;
  dnsNames: readonly string[];
  now: Date;
  lifetimeMs?: number;
}): Promise<KeyPair> {
  const { authority, dnsNames, now, lifetimeMs = CERTIFICATE_TIMES.leafMs } = options;
  const [first] = dnsNames;
  if (first === undefined) throw new RangeError('dnsNames is empty: name at least <service>.<namespace>.svc');
  const issuer = forge.pki.certificateFromPem(authority.certificate);
  const keys = await makeKeys();
  const certificate = certify({
    publicKey: keys.publicKey,
    subject: distinguishedName(first.split('.', 1)[0] ?? first),
    issuer: issuer.subject.attributes,
    signingKey: authority.key,
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    // A leaf that outlives its CA would look valid and not be.
    notAfter: new Date(Math.min(now.getTime() + lifetimeMs, issuer.validity.notAfter.getTime())),
    extensions: [
      { name: 'basicConstraints', critical: true, cA: false },
      { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: dnsNames.map((value) => ({ type: 2, value })) },
      { name: 'subjectKeyIdentifier' },
      { name: 'authorityKeyIdentifier', keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
    ],
  });
  return { certificate, key: keys.privateKey };
}

/** What a certificate says; keys are PEM. */
export interface CertificateContent {
  readonly publicKey: string;
  readonly subject: forge.pki.CertificateField[];
  readonly issuer: forge.pki.CertificateField[];
  readonly signingKey: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: object[];
}

/** Encodes and signs a certificate; returns PEM. forge encodes, since node:crypto can read certificates but not make them. */
export function certify(content: CertificateContent): string {
  const certificate = forge.pki.createCertificate();
  certificate.serialNumber = randomSerial();
  certificate.publicKey = forge.pki.publicKeyFromPem(content.publicKey);
  certificate.setSubject(content.subject);
  certificate.setIssuer(content.issuer);
  certificate.validity = { notBefore: content.notBefore, notAfter: content.notAfter };
  certificate.setExtensions(content.extensions);

  // node:crypto signs: OpenSSL's RSA is in constant time and quick, forge's is neither.
  certificate.signatureOid = SHA256_WITH_RSA;
  certificate.siginfo.algorithmOid = SHA256_WITH_RSA;
  certificate.tbsCertificate = encoder.getTBSCertificate(certificate);
  const toBeSigned = Buffer.from(forge.asn1.toDer(certificate.tbsCertificate).getBytes(), 'binary');
  certificate.signature = sign('sha256', toBeSigned, createPrivateKey(content.signingKey)).toString('binary');
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

/** RFC 4055, section 5. */
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11';

/** Exported by forge, and missing from its types. */
const encoder = forge.pki as unknown as { getTBSCertificate(certificate: forge.pki.Certificate): forge.asn1.Asn1 };

/** UTF8String, since PrintableString lacks characters that a caller's name may have, and Go checks that. */
export function distinguishedName(commonName: string): forge.pki.CertificateField[] {
  return [
    { name: 'commonName', value: commonName, valueTagClass: forge.asn1.Type.UTF8 as unknown as forge.asn1.Class },
  ];
}

/**
 * 128 bits, of which 126 are random: the first byte is 0x40 to 0x7f, because DER integers are signed and
 * must not begin with a needless zero byte; Go refuses negative and unminimal serial numbers.
 */
function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString('hex');
}

/** RSA, because forge can't encode other keys. In libuv's threads: a webhook must not stand still for it. */
async function makeKeys(): Promise<{ publicKey: string; privateKey: string }> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}
