/** Who may call /mutate and /validate, where the admin's settings say so: anyone who has a certificate of a CA of theirs. */
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { CodedError } from '@rolechain/shared';
import type { Clients } from '../settings/client-ca.ts';

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
