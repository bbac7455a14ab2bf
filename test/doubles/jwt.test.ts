import {
  decodeJwt,
  makeServiceAccountToken,
  makeSigningKey,
  signedByOneOf,
  signJwt,
  type JwtAlgorithm,
} from './jwt.ts';

const key = makeSigningKey();

test('a ServiceAccount token has the claims of a projected one', () => {
  const now = Date.parse('2026-11-22T00:00:00Z');
  const token = makeServiceAccountToken({
    namespace: 'shop',
    serviceAccount: 'orders',
    pod: { name: 'orders-1', uid: 'u-1' },
    audience: 'sts.amazonaws.com',
    expiresInSeconds: 600,
    key,
    issuer: 'https://issuer.example',
    now,
  });
  expect(decodeJwt(token)).toEqual({
    header: { alg: 'RS256', kid: key.kid },
    claims: {
      aud: ['sts.amazonaws.com'],
      exp: now / 1000 + 600,
      iat: now / 1000,
      nbf: now / 1000,
      iss: 'https://issuer.example',
      jti: expect.any(String),
      sub: 'system:serviceaccount:shop:orders',
      'kubernetes.io': {
        namespace: 'shop',
        pod: { name: 'orders-1', uid: 'u-1' },
        serviceaccount: { name: 'orders', uid: expect.any(String) },
      },
    },
  });
});

describe.each<JwtAlgorithm>(['RS256', 'ES256'])('%s', (alg) => {
  const own = makeSigningKey(alg);
  const token = signJwt({ sub: 'a' }, own);

  test('its own key verifies, in every form; another does not', () => {
    const pem = own.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const jwk = own.publicKey.export({ format: 'jwk' });
    expect(signedByOneOf(token, [own.publicKey])).toBe(true);
    expect(signedByOneOf(token, [pem])).toBe(true);
    expect(signedByOneOf(token, [makeSigningKey(alg).publicKey, jwk])).toBe(true);
    expect(signedByOneOf(token, [makeSigningKey(alg).publicKey])).toBe(false);
    expect(signedByOneOf(token, [])).toBe(false);
  });

  test('changed claims, a cut signature and another algorithm in the header do not verify', () => {
    const [header = '', , signature = ''] = token.split('.');
    const claims = Buffer.from(JSON.stringify({ sub: 'b' })).toString('base64url');
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    expect(signedByOneOf(`${header}.${claims}.${signature}`, [own.publicKey])).toBe(false);
    expect(signedByOneOf(token.slice(0, -8), [own.publicKey])).toBe(false);
    expect(signedByOneOf(`${header}.${token.split('.')[1]}.`, [own.publicKey])).toBe(false);
    expect(signedByOneOf(`${none}.${token.split('.')[1]}.`, [own.publicKey])).toBe(false);
  });
});

test('a key of another kind than the header says does not verify', () => {
  expect(signedByOneOf(signJwt({ sub: 'a' }, { ...key, alg: 'ES256' }), [key.publicKey])).toBe(false);
});

test.each(['', 'a', 'a.b', 'a.b.c', 'W10.W10.x', '..', 'e30.not json.x'])('%j is no JWT', (text) => {
  expect(decodeJwt(text)).toBeUndefined();
  expect(signedByOneOf(text, [key.publicKey])).toBe(false);
});
