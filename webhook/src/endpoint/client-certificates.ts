/** Who may call /mutate and /validate, where the admin's settings say so: whoever has a certificate of a CA of theirs. */
import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { CodedError, problem, type Problem } from '@rolechain/shared';

/** The settings `clientCA` and `clientNames`. */
export interface Clients {
  /** PEM certificates. */
  readonly ca: string;
  /** Common names; with none, every certificate of the CA will do. */
  readonly names: readonly string[];
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

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
    return [problem('FieldOutOfRange', path, `has a ${which} that is no CA's`, fix)];
  });
}

/** Subject and end of each certificate, for the log. */
export function describeCA(pem: string): string[] {
  return (pem.match(BLOCK) ?? []).map((block) => {
    const certificate = read(block);
    return certificate ? `${certificate.subject.replaceAll('\n', ', ')}, until ${certificate.validTo}` : 'unreadable';
  });
}

function read(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/**
 * Of the server. A caller without a certificate gets a connection all the same: health is for everybody, and the
 * answer of the other paths has a code.
 */
export function clientOptions(clients: Clients | undefined): TlsOptions {
  return clients ? { ...contextOptions(clients), requestCert: true, rejectUnauthorized: false } : {};
}

/** The part of them that a new serving certificate is set with. */
export function contextOptions(clients: Clients | undefined): SecureContextOptions {
  return clients ? { ca: clients.ca } : {};
}

/** By connection: it is checked once, however many reviews come over it. */
const checked = new WeakMap<Socket, 'CallerUnknown' | 'CallerForbidden' | 'known'>();

/** Throws CodedError CallerUnknown or CallerForbidden. */
export function checkCaller(socket: Socket, clients: Clients): void {
  const outcome = checked.get(socket) ?? judge(socket, clients);
  checked.set(socket, outcome);
  if (outcome !== 'known') throw new CodedError(outcome);
}

function judge(socket: Socket, { names }: Clients): 'CallerUnknown' | 'CallerForbidden' | 'known' {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return 'CallerUnknown';
  const { subject } = socket.getPeerCertificate() as { subject?: { CN?: string | string[] } };
  if (!subject) return 'CallerUnknown';
  const { CN: name } = subject;
  return names.length === 0 || (typeof name === 'string' && names.includes(name)) ? 'known' : 'CallerForbidden';
}
