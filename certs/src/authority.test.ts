import { execFileSync } from 'node:child_process';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import forge from 'node-forge';
import { CERTIFICATE_TIMES } from '@rolechain/shared';
import { makeAuthority, makeLeaf, type KeyPair } from './authority.ts';
import { daysAfter, DNS_NAMES, NOW } from './testing/pairs.ts';

let authority: KeyPair;
let leaf: KeyPair;

beforeAll(async () => {
  authority = await makeAuthority({ now: NOW, commonName: 'test CA' });
  leaf = await makeLeaf({ authority, dnsNames: DNS_NAMES, now: NOW });
});

describe('a CA', () => {
  it('is self-signed with SHA-256, and a CA', () => {
    const ca = new X509Certificate(authority.certificate);
    expect(ca.subject).toBe('CN=test CA');
    expect(ca.ca).toBe(true);
    expect(ca.checkIssued(ca)).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(ca.signatureAlgorithm).toBe('sha256WithRSAEncryption');
    expect(ca.checkPrivateKey(createPrivateKey(authority.key))).toBe(true);
  });

  it('may sign leafs only', () => {
    const extension = (name: string) => forge.pki.certificateFromPem(authority.certificate).getExtension(name);
    expect(extension('basicConstraints')).toMatchObject({ critical: true, cA: true, pathLenConstraint: 0 });
    expect(extension('keyUsage')).toMatchObject({ critical: true, keyCertSign: true, digitalSignature: false });
  });

  it('is valid for a year, from a day ago', () => {
    const ca = new X509Certificate(authority.certificate);
    expect(ca.validFromDate).toEqual(new Date('2027-02-28T12:00:00Z'));
    expect(ca.validToDate).toEqual(new Date(NOW.getTime() + CERTIFICATE_TIMES.authorityMs));
  });

  it('has dates that are read alike beyond 2050, where their encoding changes', async () => {
    const late = await makeAuthority({ now: new Date('2049-06-01T00:00:00Z'), commonName: 'late' });
    const ca = new X509Certificate(late.certificate);
    expect(ca.validFromDate).toEqual(new Date('2049-05-31T00:00:00Z'));
    expect(ca.validToDate).toEqual(new Date('2050-06-01T00:00:00Z'));
  });
});

describe('a leaf', () => {
  it('is issued by the CA, for its own key', () => {
    const [ca, certificate] = [new X509Certificate(authority.certificate), new X509Certificate(leaf.certificate)];
    expect(certificate.checkIssued(ca)).toBe(true);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.signatureAlgorithm).toBe('sha256WithRSAEncryption');
    expect(certificate.ca).toBe(false);
    expect(certificate.checkPrivateKey(createPrivateKey(leaf.key))).toBe(true);
  });

  it('has its names in the SAN alone, and serves TLS servers only', () => {
    const certificate = new X509Certificate(leaf.certificate);
    expect(certificate.subjectAltName).toBe(DNS_NAMES.map((name) => `DNS:${name}`).join(', '));
    expect(certificate.checkHost(DNS_NAMES[0]!, { subject: 'never' })).toBe(DNS_NAMES[0]);
    expect(certificate.checkHost('other.rolechain.svc')).toBeUndefined();
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it('takes a name whose length exceeds that of a common name', async () => {
    const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.svc`;
    const certificate = new X509Certificate((await makeLeaf({ authority, dnsNames: [long], now: NOW })).certificate);
    expect(certificate.checkHost(long)).toBe(long);
    expect(certificate.subject).toBe(`CN=${'a'.repeat(63)}`);
  });

  it('names the key of its CA', () => {
    const parse = ({ certificate }: KeyPair) => forge.pki.certificateFromPem(certificate);
    const { subjectKeyIdentifier } = parse(authority).getExtension('subjectKeyIdentifier') as {
      subjectKeyIdentifier: string;
    };
    const { value } = parse(leaf).getExtension('authorityKeyIdentifier') as { value: string };
    // SEQUENCE (22 bytes) of [0] (20 bytes)
    expect(Buffer.from(value, 'binary').toString('hex')).toBe(`30168014${subjectKeyIdentifier}`);
  });

  it('is valid for a year, and never longer than its CA', async () => {
    expect(new X509Certificate(leaf.certificate).validToDate).toEqual(
      new Date(NOW.getTime() + CERTIFICATE_TIMES.leafMs),
    );
    const late = await makeLeaf({ authority, dnsNames: DNS_NAMES, now: daysAfter(3600) });
    const end = new X509Certificate(authority.certificate).validToDate;
    expect(new X509Certificate(late.certificate).validToDate).toEqual(end);
  });

  it('wants a name', async () => {
    await expect(makeLeaf({ authority, dnsNames: [], now: NOW })).rejects.toThrow(/dnsNames is empty/);
  });
});

it('gives each certificate a serial number of its own: positive, and 16 bytes in DER', async () => {
  const pairs = [
    authority,
    leaf,
    ...(await Promise.all([1, 2, 3].map(() => makeLeaf({ authority, dnsNames: DNS_NAMES, now: NOW })))),
  ];
  const serials = pairs.map(({ certificate }) => new X509Certificate(certificate).serialNumber);
  expect(new Set(serials).size).toBe(pairs.length);
  for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
});

it('lets the event loop go on while it makes keys', async () => {
  // Every thread that libuv has for such work waits in open(2) for somebody who writes: meanwhile no key can be made, but
  // in the event loop.
  const fifo = join(await mkdtemp(join(tmpdir(), 'rolechain-fifo-')), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
  const opened = Array.from({ length: threads }, () => open(fifo, 'r'));
  let isMade = false;
  const making = makeAuthority({ now: NOW, commonName: 'test CA' }).then(() => (isMade = true));
  for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate);
  const madeMeanwhile = isMade;
  // Opened both ways it waits for nobody (fifo(7)).
  const writer = openSync(fifo, 'r+');
  for (const file of await Promise.all(opened)) await file.close();
  closeSync(writer);
  await making;
  await rm(dirname(fifo), { recursive: true });
  expect(madeMeanwhile).toBe(false);
});
