import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import forge from 'node-forge';
import { runs } from '@rolechain/kit/runs.ts';
import { BACKDATED_MS, CERTIFICATE_TIMES, RENEWAL } from '@rolechain/shared';
import { certify, distinguishedName, makeLeaf } from './authority.ts';
import { plan, type Step } from './rotation.ts';
import { readSecret, SECRET_KEYS, type CertificateData, type Certificates } from './secret-facts.ts';
import { daysAfter, DNS_NAMES, makeData, NOW } from './testing/pairs.ts';

let own: Required<CertificateData>;
let other: Required<CertificateData>;

beforeAll(async () => {
  [own, other] = await Promise.all([makeData(), makeData()]);
});

/** The first thing that a replica does which serves nothing yet, or with what the Secret holds served. */
function judge(
  found: CertificateData | undefined,
  now = NOW,
  names: readonly string[] = DNS_NAMES,
  isServed = true,
): Step {
  const secret = found === undefined ? 'missing' : readSecret(found, names).facts;
  const leaf = typeof secret === 'string' || typeof secret.leaf === 'string' || !isServed ? undefined : secret.leaf;
  const replica = {
    served: leaf,
    servedSince: 0,
    vouchedSince: new Map<string, number>(),
    canWrite: true,
    jitter: 0,
    clockWrites: [],
  };
  const facts = { secret, published: [], isPartial: false, replica } as const;
  return plan(facts, { wall: now.getTime(), elapsed: 0 }, CERTIFICATE_TIMES);
}

/** What it does, and why. */
const gist = (step: Step): string => ('reason' in step ? `${step.do} ${step.reason}` : step.do);

const serving = (found: CertificateData, names: readonly string[] = DNS_NAMES): Certificates | undefined =>
  readSecret(found, names).serving;

/** With so much left it is renewed. */
const LEAF_LEFT_MS = CERTIFICATE_TIMES.leafMs * RENEWAL.left;
const AUTHORITY_LEFT_MS = CERTIFICATE_TIMES.authorityMs * RENEWAL.left;

function without(key: (typeof SECRET_KEYS)[number]): CertificateData {
  return Object.fromEntries(Object.entries(own).filter(([name]) => name !== key));
}

const ecKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string;
const encryptedKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-128-cbc',
  passphrase: 'x',
}) as string;

describe('plan', () => {
  it('creates where there is no Secret', () => {
    expect(judge(undefined)).toEqual({ do: 'create' });
  });

  it('serves what belongs together', () => {
    expect(judge(own, NOW, DNS_NAMES, false)).toEqual({ do: 'serve' });
    expect(serving(own)).toEqual({
      ...{ bundle: own['ca.crt'], certificate: own['tls.crt'], key: own['tls.key'] },
      ...{ notAfter: daysAfter(90), authorityNotAfter: daysAfter(365) },
    });
    expect(judge(own)).toMatchObject({ do: 'rest', forMs: CERTIFICATE_TIMES.checkMs });
  });

  it.each([
    ['an empty Secret', () => ({}), 'replace AuthorityMissing'],
    ['empty values', () => ({ 'tls.crt': '', 'tls.key': '', 'ca.crt': '', 'ca.key': '' }), 'replace AuthorityMissing'],
    ['no CA', () => without('ca.crt'), 'replace AuthorityMissing'],
    ['a CA of garbage', () => ({ ...own, 'ca.crt': 'garbage' }), 'replace AuthorityUnparsable'],
    ['a CA cut short', () => ({ ...own, 'ca.crt': own['ca.crt'].slice(0, 500) }), 'replace AuthorityUnparsable'],
    [
      'a second CA cut short',
      () => ({ ...own, 'ca.crt': own['ca.crt'] + other['ca.crt'].slice(0, 500) }),
      'replace AuthorityUnparsable',
    ],
    ['no CA key', () => without('ca.key'), 'addAuthority AuthorityKeyMissing'],
    ['a CA key of garbage', () => ({ ...own, 'ca.key': 'garbage' }), 'addAuthority AuthorityKeyUnparsable'],
    ['an encrypted CA key', () => ({ ...own, 'ca.key': encryptedKey }), 'addAuthority AuthorityKeyUnparsable'],
    ['an EC key for the CA', () => ({ ...own, 'ca.key': ecKey }), 'addAuthority AuthorityKeyUnsuitable'],
    ['the key of another CA', () => ({ ...own, 'ca.key': other['ca.key'] }), 'addAuthority AuthorityKeyMismatch'],
    [
      'a leaf in place of the CA',
      () => ({ ...own, 'ca.crt': own['tls.crt'], 'ca.key': own['tls.key'] }),
      'replace AuthorityKeyMismatch',
    ],
    ['no leaf', () => without('tls.crt'), 'renewLeaf LeafMissing'],
    ['a leaf of garbage', () => ({ ...own, 'tls.crt': 'garbage' }), 'renewLeaf LeafUnparsable'],
    ['no key', () => without('tls.key'), 'renewLeaf LeafKeyMissing'],
    ['a key of garbage', () => ({ ...own, 'tls.key': 'garbage' }), 'renewLeaf LeafKeyUnparsable'],
    ['an encrypted key', () => ({ ...own, 'tls.key': encryptedKey }), 'renewLeaf LeafKeyUnparsable'],
    ['the key of another leaf', () => ({ ...own, 'tls.key': other['tls.key'] }), 'renewLeaf LeafKeyMismatch'],
    [
      'a leaf of another CA',
      () => ({ ...other, 'ca.crt': own['ca.crt'], 'ca.key': own['ca.key'] }),
      'renewLeaf LeafNotOfAuthority',
    ],
  ])('%s', (_what, found, expected) => {
    expect(gist(judge(found()))).toBe(expected);
  });

  it('renews a leaf that lacks a name, and bears one that has more', () => {
    expect(gist(judge(own, NOW, [...DNS_NAMES, 'further.rolechain.svc']))).toBe('renewLeaf LeafNamesDiffer');
    expect(gist(judge(own, NOW, DNS_NAMES.slice(1)))).toBe('rest');
  });

  it('goes by the clock at every border', async () => {
    const at = (ms: number) => gist(judge(own, new Date(NOW.getTime() + ms)));
    const { authorityMs, leafMs } = CERTIFICATE_TIMES;
    expect(at(-BACKDATED_MS)).toBe('rest');
    expect(at(-BACKDATED_MS - 1)).toBe('replace AuthorityNotYetValid');
    expect(at(leafMs - LEAF_LEFT_MS - 1)).toBe('rest');
    expect(at(leafMs - LEAF_LEFT_MS)).toBe('renewLeaf LeafExpiring');
    // Where nobody has renewed it until then there is nothing to be gentle with.
    expect(at(authorityMs - AUTHORITY_LEFT_MS)).toBe('renewLeaf LeafExpiring');
    expect(at(authorityMs - 1)).toBe('renewLeaf LeafExpiring');
    expect(at(authorityMs)).toBe('replace AuthorityExpiring');
    const later = { ...own, ...(await leafMade(daysAfter(200))) };
    const withLater = (ms: number) => gist(judge(later, new Date(NOW.getTime() + ms)));
    expect(withLater(authorityMs - AUTHORITY_LEFT_MS - 1)).toBe('rest');
    expect(withLater(authorityMs - AUTHORITY_LEFT_MS)).toBe('addAuthority AuthorityExpiring');

    expect(gist(judge({ ...own, ...(await leafMade(daysAfter(2))) }))).toBe('renewLeaf LeafNotYetValid');
  });

  async function leafMade(now: Date): Promise<CertificateData> {
    const authority = { certificate: own['ca.crt'], key: own['ca.key'] };
    const leaf = await makeLeaf({ authority, dnsNames: DNS_NAMES, now });
    return { 'tls.crt': leaf.certificate, 'tls.key': leaf.key };
  }

  it('serves a leaf that is to be renewed as long as it is valid', () => {
    const first = (days: number) => gist(judge(own, daysAfter(days), DNS_NAMES, false));
    expect(first(80)).toBe('serve');
    expect(first(89)).toBe('serve');
    expect(first(90)).toBe('renewLeaf LeafExpiring');
    expect(gist(judge(without('ca.key'), NOW, DNS_NAMES, false))).toBe('serve');
    expect(gist(judge({ ...own, 'ca.key': 'garbage', 'ca.crt': other['ca.crt'] }, NOW, DNS_NAMES, false))).toBe(
      'replace AuthorityKeyUnparsable',
    );
  });

  it('renews with the CA that the CA key belongs to, and keeps the bundle', () => {
    const data = { ...own, 'ca.crt': other['ca.crt'] + own['ca.crt'] };
    expect(judge(data, daysAfter(80))).toMatchObject({
      do: 'renewLeaf',
      keep: [{ id: other['ca.crt'] }, { id: own['ca.crt'] }],
    });
    expect(readSecret(data, DNS_NAMES).authority).toEqual({ certificate: own['ca.crt'], key: own['ca.key'] });
  });

  it('serves a leaf of any CA of the bundle, as in the midst of a rotation, and has its signer sign the next', () => {
    const bundle = own['ca.crt'] + other['ca.crt'];
    const data = { ...own, 'ca.crt': bundle, 'ca.key': other['ca.key'] };
    expect(gist(judge(data, NOW, DNS_NAMES, false))).toBe('serve');
    expect(serving(data)).toMatchObject({ bundle, certificate: own['tls.crt'] });
    expect(gist(judge(data))).toBe('renewLeaf LeafOfFormerAuthority');
  });

  it('lets nothing but certificates of CAs into the bundle', () => {
    const untidy = `# our CA\r\n${own['ca.key']}\n${own['ca.crt'].replaceAll('\n', '\r\n')}${own['tls.crt']}trailing`;
    expect(serving({ ...own, 'ca.crt': untidy })).toMatchObject({ bundle: own['ca.crt'] });
  });
});

/** A CA of the given key, as `makeAuthority` would never make it. */
function craft(key: string, more: { subject?: string; isCA?: boolean; notAfter?: Date } = {}): string {
  const { subject = 'test CA', isCA = true, notAfter = daysAfter(3650) } = more;
  return certify({
    publicKey: createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string,
    subject: distinguishedName(subject),
    issuer: distinguishedName(subject),
    signingKey: key,
    notBefore: daysAfter(-1),
    notAfter,
    extensions: [{ name: 'basicConstraints', critical: true, cA: isCA }, { name: 'subjectKeyIdentifier' }],
  });
}

describe('plan, given what only others make', () => {
  const leafWith = (ca: string) =>
    gist(judge({ ...own, 'ca.crt': ca + other['ca.crt'], 'ca.key': other['ca.key'] }, NOW, DNS_NAMES, false));

  it('serves a leaf whose CA was made again with the same key and name', () => {
    expect(leafWith(craft(own['ca.key']))).toBe('serve');
  });

  it('does not serve a leaf whose CA has another name, is no CA, or has expired', () => {
    expect(leafWith(craft(own['ca.key'], { subject: 'renamed' }))).toBe('renewLeaf LeafNotOfAuthority');
    expect(leafWith(craft(own['ca.key'], { isCA: false }))).toBe('renewLeaf LeafNotOfAuthority');
    expect(leafWith(craft(own['ca.key'], { notAfter: daysAfter(-0.5) }))).toBe('renewLeaf LeafNotOfAuthority');
  });

  it('does not serve a leaf whose signature is wrong, though all names agree', () => {
    const der = Buffer.from(own['tls.crt'].split('\n').slice(1, -2).join(''), 'base64');
    der[der.length - 1] = der.at(-1)! ^ 1;
    const forged = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
    expect(gist(judge({ ...own, 'tls.crt': forged }))).toBe('renewLeaf LeafNotOfAuthority');
  });

  it('does not sign with a short key', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    expect(gist(judge({ ...own, 'ca.crt': craft(key), 'ca.key': key }))).toBe('replace AuthorityKeyUnsuitable');
  });
});

/** forge's verdict, which shares no code with `plan`. */
function isServable(found: CertificateData, now: Date): boolean {
  try {
    const [leaf] = forge.pem
      .decode(found['tls.crt'] ?? '')
      .map(({ body }) => forge.pki.certificateFromAsn1(forge.asn1.fromDer(body)));
    const roots = forge.pem
      .decode(found['ca.crt'] ?? '')
      .map(({ body }) => forge.pki.certificateFromAsn1(forge.asn1.fromDer(body)));
    const key = forge.pki.privateKeyFromPem(found['tls.key'] ?? '');
    if (leaf === undefined || (leaf.publicKey as forge.pki.rsa.PublicKey).n.compareTo(key.n) !== 0) return false;
    return forge.pki.verifyCertificateChain(forge.pki.createCaStore(roots), [leaf], { validityCheckDate: now });
  } catch {
    return false;
  }
}

describe('plan, whatever the Secret holds', () => {
  const instants = fc.date({ min: new Date('2020-01-01'), max: new Date('2045-01-01'), noInvalidDate: true });

  /** Pieces of two Secrets, whole, damaged or joined, and garbage, in any of the four places. */
  const pieces = (): fc.Arbitrary<string | undefined> => {
    const whole = fc.constantFrom(...Object.values(own), ...Object.values(other));
    const damaged = fc
      .tuple(whole, fc.nat(2000), fc.string({ maxLength: 4 }))
      .map(([text, at, by]) => text.slice(0, at) + by + text.slice(at + by.length));
    const joined = fc.array(whole, { minLength: 2, maxLength: 3 }).map((parts) => parts.join(''));
    return fc.oneof(whole, damaged, joined, fc.string(), fc.string({ unit: 'binary' }), fc.constant(undefined));
  };

  const secrets = (): fc.Arbitrary<CertificateData> =>
    fc
      .tuple(
        fc.constantFrom(own, other),
        fc.subarray([...SECRET_KEYS]),
        fc.array(pieces(), { minLength: 4, maxLength: 4 }),
      )
      .map(([base, changed, values]) => ({
        ...base,
        ...Object.fromEntries(changed.map((key, i) => [key, values[i]])),
      }));

  it('ends in an action, and serves only a chain that another implementation verifies', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(secrets(), fc.oneof({ weight: 3, arbitrary: fc.constant(NOW) }, instants), (found, now) => {
        const action = judge(found, now, DNS_NAMES, false);
        seen.add(action.do);
        const served = serving(found);
        if (served !== undefined) expect(served.bundle).not.toMatch(/PRIVATE/);
        if (action.do !== 'serve' || served === undefined) return;
        expect(isServable({ 'ca.crt': served.bundle, 'tls.crt': served.certificate, 'tls.key': served.key }, now)).toBe(
          true,
        );
      }),
      { numRuns: runs(200) },
    );
    expect([...seen].sort()).toEqual(['renewLeaf', 'replace', 'serve']);
  });

  it('serves a whole Secret at every instant in which it is good', () => {
    const offsets = fc.integer({ min: -BACKDATED_MS, max: CERTIFICATE_TIMES.leafMs - LEAF_LEFT_MS - 1 });
    fc.assert(
      fc.property(offsets, (ms) => {
        expect(judge(own, new Date(NOW.getTime() + ms)).do).toBe('rest');
      }),
    );
  });
});
