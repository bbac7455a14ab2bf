import { makeAuthority, makeLeaf } from '../authority.ts';
import type { CertificateData } from '../secret-facts.ts';

export const NOW = new Date('2027-03-01T12:00:00Z');
export const DAY_MS = 24 * 60 * 60 * 1000;
export const DNS_NAMES = ['rolechain-webhook.rolechain.svc', 'rolechain-webhook.rolechain.svc.cluster.local'];

export const daysAfter = (days: number, from = NOW): Date => new Date(from.getTime() + days * DAY_MS);

/** A CA and a leaf, as the Secret holds them. */
export async function makeData(now = NOW, dnsNames = DNS_NAMES): Promise<Required<CertificateData>> {
  const authority = await makeAuthority({ now, commonName: 'test CA' });
  const leaf = await makeLeaf({ authority, dnsNames, now });
  return { 'tls.crt': leaf.certificate, 'tls.key': leaf.key, 'ca.crt': authority.certificate, 'ca.key': authority.key };
}
