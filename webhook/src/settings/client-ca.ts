/** The settings `clientCA` and `clientNames`: whose certificates a caller may show. Pure. */
import { X509Certificate } from 'node:crypto';
import { problem, type Problem } from '@rolechain/shared';

/** The settings `clientCA` and `clientNames`. */
export interface Clients {
  /** PEM certificates. */
  readonly ca: string;
  /** Common names; with none, every certificate of the CA will do. */
  readonly names: readonly string[];
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function read(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** What is wrong with PEM text that shall hold certificates of CAs. */
export function caProblems(path: string, pem: string): Problem[] {
  if (pem.includes('PRIVATE KEY')) {
    const fix = 'take it out, and make a new CA: who may read the settings could have it';
    return [problem('FieldOutOfRange', path, 'holds a private key', fix)];
  }
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0 || blocks.length !== pem.split('-----BEGIN').length - 1) {
    const fix = 'write whole blocks, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----';
    return [problem('FieldWrongType', path, 'is not made of PEM certificates', fix)];
  }
  return blocks.flatMap((block, index) => {
    const which = `certificate ${index + 1}`;
    const certificate = read(block);
    if (!certificate) return [problem('FieldOutOfRange', path, `has a ${which} that can't be read`, 'write it again')];
    if (certificate.ca) return [];
    const fix = 'name the CA that signed it, not the certificate that the apiserver shows';
    return [problem('FieldOutOfRange', path, `has a ${which} that is not a CA's`, fix)];
  });
}

/** Subject and end of each certificate, for the log. */
export function describeCA(pem: string): string[] {
  return (pem.match(BLOCK) ?? []).map((block) => {
    const certificate = read(block);
    return certificate ? `${certificate.subject.replaceAll('\n', ', ')}, until ${certificate.validTo}` : 'unreadable';
  });
}
