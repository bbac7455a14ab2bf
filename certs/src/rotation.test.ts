import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import forge from 'node-forge';
import { runs } from '@rolechain/kit/runs.ts';
import {
  AUTHORITY_LIFETIME_MS,
  CLOCK_SKEW_MS,
  LEAF_LIFETIME_MS,
  LOOKAHEAD_MS,
  certify,
  distinguishedName,
  makeLeaf,
} from './authority.ts';
import { plan, SECRET_KEYS, type Action, type CertificateData } from './rotation.ts';
import { daysAfter, DNS_NAMES, makeData, NOW } from './testing/pairs.ts';

let own: Required<CertificateData>;
let other: Required<CertificateData>;

beforeAll(async () => {
  [own, other] = await Promise.all([makeData(), makeData()]);
});

const judge = (found: CertificateData | undefined, now = NOW, names: readonly string[] = DNS_NAMES): Action =>
  plan(found, now, names);

/** What it does, and why. */
const gist = (action: Action): string => ('reason' in action ? `${action.do} ${action.reason}` : action.do);

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
    expect(judge(own)).toEqual({
      do: 'serve',
      serving: { bundle: own['ca.crt'], certificate: own['tls.crt'], key: own['tls.key'], notAfter: daysAfter(365) },
    });
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
    ['no CA key', () => without('ca.key'), 'replace AuthorityKeyMissing'],
    ['a CA key of garbage', () => ({ ...own, 'ca.key': 'garbage' }), 'replace AuthorityKeyUnparsable'],
    ['an encrypted CA key', () => ({ ...own, 'ca.key': encryptedKey }), 'replace AuthorityKeyUnparsable'],
    ['an EC key for the CA', () => ({ ...own, 'ca.key': ecKey }), 'replace AuthorityKeyUnsuitable'],
    ['the key of another CA', () => ({ ...own, 'ca.key': other['ca.key'] }), 'replace AuthorityKeyMismatch'],
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
    expect(gist(judge(own, NOW, DNS_NAMES.slice(1)))).toBe('serve');
  });

  it('goes by the clock at every border', async () => {
    const at = (ms: number) => gist(judge(own, new Date(NOW.getTime() + ms)));
    expect(at(-CLOCK_SKEW_MS)).toBe('serve');
    expect(at(-CLOCK_SKEW_MS - 1)).toBe('replace AuthorityNotYetValid');
    expect(at(LEAF_LIFETIME_MS - LOOKAHEAD_MS)).toBe('serve');
    expect(at(LEAF_LIFETIME_MS - LOOKAHEAD_MS + 1)).toBe('renewLeaf LeafExpiring');
    expect(at(AUTHORITY_LIFETIME_MS - LOOKAHEAD_MS)).toBe('renewLeaf LeafExpiring');
    expect(at(AUTHORITY_LIFETIME_MS - LOOKAHEAD_MS + 1)).toBe('replace AuthorityExpiring');

    const authority = { certificate: own['ca.crt'], key: own['ca.key'] };
    const early = await makeLeaf({ authority, dnsNames: DNS_NAMES, now: daysAfter(2) });
    expect(gist(judge({ ...own, 'tls.crt': early.certificate, 'tls.key': early.key }))).toBe(
      'renewLeaf LeafNotYetValid',
    );
  });

  it('keeps a standing leaf at hand as long as it is valid', () => {
    const standing = (days: number) => {
      const action = judge(own, daysAfter(days));
      return 'standing' in action ? action.standing.certificate : undefined;
    };
    expect(standing(300)).toBe(own['tls.crt']);
    expect(standing(364)).toBe(own['tls.crt']);
    expect(standing(365)).toBeUndefined();
    expect(judge(without('ca.key'))).toMatchObject({ standing: { key: own['tls.key'] } });
    expect(judge({ ...own, 'ca.key': 'garbage', 'ca.crt': other['ca.crt'] })).not.toHaveProperty('standing');
  });

  it('renews with the CA that the CA key belongs to, and keeps the bundle', () => {
    const bundle = other['ca.crt'] + own['ca.crt'];
    const action = judge({ ...own, 'ca.crt': bundle }, daysAfter(300));
    expect(action).toMatchObject({
      do: 'renewLeaf',
      bundle,
      authority: { certificate: own['ca.crt'], key: own['ca.key'] },
    });
  });

  it('serves a leaf of any CA of the bundle, as in the midst of a rotation', () => {
    const bundle = own['ca.crt'] + other['ca.crt'];
    const action = judge({ ...own, 'ca.crt': bundle, 'ca.key': other['ca.key'] });
    expect(action).toMatchObject({ do: 'serve', serving: { bundle, certificate: own['tls.crt'] } });
  });

  it('lets nothing but certificates into the bundle', () => {
    const untidy = `# our CA\r\n${own['ca.key']}\n${own['ca.crt'].replaceAll('\n', '\r\n')}trailing`;
    expect(judge({ ...own, 'ca.crt': untidy })).toMatchObject({ do: 'serve', serving: { bundle: own['ca.crt'] } });
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
  const leafWith = (ca: string) => gist(judge({ ...own, 'ca.crt': ca + other['ca.crt'], 'ca.key': other['ca.key'] }));

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
        const action = judge(found, now);
        seen.add(action.do);
        const served = action.do === 'serve' ? action.serving : 'standing' in action ? action.standing : undefined;
        if (served === undefined) return;
        expect(served.bundle).not.toMatch(/PRIVATE/);
        expect(isServable({ 'ca.crt': served.bundle, 'tls.crt': served.certificate, 'tls.key': served.key }, now)).toBe(
          true,
        );
        if (action.do === 'serve')
          expect(served.notAfter.getTime() - now.getTime()).toBeGreaterThanOrEqual(LOOKAHEAD_MS);
      }),
      { numRuns: runs(200) },
    );
    expect([...seen].sort()).toEqual(['renewLeaf', 'replace', 'serve']);
  });

  it('serves a whole Secret at every instant in which it is good', () => {
    const offsets = fc.integer({ min: -CLOCK_SKEW_MS, max: LEAF_LIFETIME_MS - LOOKAHEAD_MS });
    fc.assert(
      fc.property(offsets, (ms) => {
        expect(judge(own, new Date(NOW.getTime() + ms)).do).toBe('serve');
      }),
    );
  });
});
