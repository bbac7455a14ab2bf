/** A serving pair that another program keeps, as cert-manager does: read from the folder of a mounted Secret, and never written. */
import type { X509Certificate } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { CertificateError, describeFailure } from './errors.ts';
import { readCertificates, readSecret, type CertificateData, type Certificates } from './secret-facts.ts';

/** As cert-manager names them (Certificate.spec.secretName). */
const FILES = ['tls.crt', 'tls.key', 'ca.crt'] as const;

/**
 * The files of one version of the Secret: the kubelet writes each into a folder of its own and then turns the link `..data` to it
 * (kubernetes/kubernetes, pkg/volume/util/atomic_writer.go). Throws CertificateError CertificatesUnavailable.
 */
export async function readMounted(folder: string): Promise<CertificateData> {
  const version = await realpath(join(folder, '..data')).catch(() => folder);
  const read = async (name: string): Promise<[string, string]> => [name, await readFile(join(version, name), 'utf8')];
  try {
    return Object.fromEntries(await Promise.all(FILES.map(read)));
  } catch (error) {
    const fix = `It needs ${FILES.join(', ')}: look at the Certificate and its Secret.`;
    throw new CertificateError('CertificatesUnavailable', `Cannot read ${folder} (${describeFailure(error)}). ${fix}`);
  }
}

/**
 * The pair that is to be served. Throws CertificateError CertificatesUnavailable where there is none. Intermediate CAs behind
 * the leaf count as its issuers: what `ca.crt` has is then the root. The time before which it isn't valid is not looked at: cert-manager
 * dates it from its own clock, and apiservers judge by theirs.
 */
export function parseMounted(found: CertificateData, dnsNames: readonly string[], now: Date): Certificates {
  const [, ...intermediates] = readCertificates(found['tls.crt'] ?? '') ?? [];
  const authorities = [found['ca.crt'] ?? '', ...intermediates.map((ca) => ca.toString())].join('\n');
  const { facts, serving } = readSecret({ ...found, 'ca.crt': authorities }, dnsNames);
  if (serving === undefined) throw unfit(typeof facts.leaf === 'string' ? facts.leaf : 'LeafUnparsable');
  if (serving.notAfter <= now) throw unfit('LeafExpiring');
  return serving;
}

const unfit = (reason: string): CertificateError =>
  new CertificateError('CertificatesUnavailable', `The mounted certificate is not fit to be served (${reason}).`);

/** Whether one who trusts this bundle (PEM) takes what is served: not by the CA's own certificate, which may have been renewed with its key. */
export function vouchesFor(bundle: string, { certificate }: Pick<Certificates, 'certificate'>): boolean {
  const chain: readonly X509Certificate[] = readCertificates(certificate) ?? [];
  const authorities = (readCertificates(bundle) ?? []).filter(({ ca }) => ca);
  return chain.some((one) => authorities.some((ca) => one.checkIssued(ca) && one.verify(ca.publicKey)));
}
