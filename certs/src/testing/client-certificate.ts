import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { certify, distinguishedName, type KeyPair } from '../authority.ts';

/** A certificate as an apiserver shows it to webhooks, good for an hour around `now`. */
export async function makeClientCertificate(options: {
  readonly authority: KeyPair;
  readonly commonName: string;
  readonly now: Date;
}): Promise<KeyPair> {
  const { authority, commonName, now } = options;
  const keys = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = certify({
    publicKey: keys.publicKey,
    subject: distinguishedName(commonName),
    issuer: forge.pki.certificateFromPem(authority.certificate).subject.attributes,
    signingKey: authority.key,
    notBefore: new Date(now.getTime() - 1_800_000),
    notAfter: new Date(now.getTime() + 1_800_000),
    extensions: [
      { name: 'keyUsage', critical: true, digitalSignature: true },
      { name: 'extKeyUsage', clientAuth: true },
    ],
  });
  return { certificate, key: keys.privateKey };
}
