import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { makeAuthority } from '@rolechain/certs';
import type { Heard, Secret, SecretKind } from '@rolechain/kit/record.ts';
import { formsOf, partsOf, searchSecrets } from './search.ts';

const text = (said: string): Heard => ({ channel: 'output of the sidecar', text: said, where: 'a.test.ts › a' });
const secret = (value: string, kind: SecretKind = 'session token'): Secret => ({ kind, value, where: 'b.test.ts › b' });
const formIn = (said: string, value: string, kind?: SecretKind): string | undefined =>
  searchSecrets([text(said)], [secret(value, kind)])[0]?.form;

/** As AWS's session tokens are: base64 with a beginning that all of them share. */
const TOKEN = Buffer.concat([Buffer.from('!\n\torigin_ec'), randomBytes(300)]).toString('base64');
const SLASHED = 'q/w+e/r+t/y+u/i+o/p+1/2+3/4+5/6+7/8==';

test('a finding says what was found, in which form, where, and not the value', () => {
  const findings = searchSecrets([text('nothing'), text(`{"token":"${TOKEN}"}`)], [secret(TOKEN)]);
  expect(findings).toEqual([
    {
      kind: 'session token',
      form: 'in clear',
      channel: 'output of the sidecar',
      where: 'a.test.ts › a',
      from: 'b.test.ts › b',
    },
  ]);
});

test.each<[string, string, string]>([
  ['in clear', SLASHED, SLASHED],
  ['in JSON', 'two "quoted" words', JSON.stringify({ a: 'two "quoted" words' })],
  ['in JSON', SLASHED, SLASHED.replaceAll('/', '\\/')],
  ['URL-encoded', SLASHED, new URLSearchParams({ Token: SLASHED }).toString()],
  ['URL-encoded', SLASHED, encodeURIComponent(SLASHED).replaceAll('%2F', '%2f').replaceAll('%2B', '%2b')],
  ['in hexadecimal digits', SLASHED, Buffer.from(SLASHED).toString('hex')],
])('%s: %s', (form, value, said) => {
  expect(formIn(`x=${said}&y=`, value)).toBe(form);
});

test('in base64 of any text around it, in either alphabet', () => {
  const encodings = ['base64', 'base64url'] as const;
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.constantFrom(...encodings), (before, after, encoding) => {
      const said = Buffer.from(`${before}${SLASHED}${after}`).toString(encoding);
      expect(formIn(said, SLASHED)).toMatch(/^in base64/);
    }),
  );
});

test('a part of 31 characters is enough, wherever it begins', () => {
  fc.assert(
    fc.property(fc.nat(TOKEN.length - 31), (begin) => {
      expect(formIn(`cut: ${TOKEN.slice(begin, begin + 31)}...`, TOKEN)).toBeDefined();
    }),
  );
});

test('a short value is found whole; a shorter one is not looked for', () => {
  expect(formIn('{"externalID":"hush-hush-1"}', 'hush-hush-1')).toBe('in clear');
  expect(partsOf(secret('1234567'))).toEqual([]);
  expect(partsOf(secret('12345678\n'))).toEqual(['12345678']);
});

test('of a ServiceAccount token the signature counts: claims name accounts, as logs do', () => {
  const [claims, signature] = ['eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQifQ', randomBytes(64).toString('base64url')];
  const token = `eyJhbGciOiJFUzI1NiJ9.${claims}.${signature}`;
  expect(formIn(`claims ${claims}`, token, 'ServiceAccount token')).toBeUndefined();
  expect(formIn(`Bearer ${token}`, token, 'ServiceAccount token')).toBe('in clear');
  expect(partsOf(secret('a token for a test', 'ServiceAccount token'))).toEqual([]);
});

describe('of a private key what its certificate does not hold', () => {
  test('RSA: the certificate of the same key is public', async () => {
    const { certificate, key } = await makeAuthority({ now: new Date(), commonName: 'test' });
    const bundle = Buffer.from(certificate).toString('base64');
    expect(formIn(certificate + bundle, key, 'private key')).toBeUndefined();
    expect(formIn(key, key, 'private key')).toBe('in clear');
    expect(formIn(JSON.stringify({ data: Buffer.from(key).toString('base64') }), key, 'private key')).toMatch(/base64/);
  });

  test('EC', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(formIn(publicKey.export({ type: 'spki', format: 'pem' }).toString(), pem, 'private key')).toBeUndefined();
    expect(formIn(pem, pem, 'private key')).toBe('in clear');
  });

  test('what is no key has no secret', () => {
    expect(partsOf(secret('-----BEGIN PRIVATE KEY-----\nbm8ga2V5\n', 'private key'))).toEqual([]);
  });
});

test('other text holds no secret', () => {
  const others = [...Array(200).keys()].map(() => secret(randomBytes(30).toString('base64')));
  fc.assert(
    fc.property(fc.string({ maxLength: 2000 }), (said) => {
      expect(searchSecrets([text(said)], others)).toEqual([]);
    }),
    { numRuns: 20 },
  );
  expect(formsOf(TOKEN).every(({ text: form }) => form.length >= 90)).toBe(true);
});

test('a text of megabytes without a gap is searched to its end', () => {
  for (const before of [65_536 - 40, 9_000_000]) {
    expect(formIn('a'.repeat(before) + TOKEN, TOKEN)).toBe('in clear');
  }
});
