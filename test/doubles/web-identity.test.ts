import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';
import { mayAssume, trustRole, trustServiceAccount } from './fixtures.ts';
import { makeServiceAccountToken, makeSigningKey } from './jwt.ts';
import { createSdkClients, keysOf } from './sdk-client.ts';
import { startSts, type StsDouble } from './sts.ts';

const ORDERS = 'arn:aws:iam::222222222222:role/orders';
const IRSA = 'arn:aws:iam::222222222222:role/irsa';
const ISSUER = 'https://oidc.example/id/A1';
const key = makeSigningKey();
const now = Date.now();

let sts: StsDouble;
const clients = createSdkClients(() => sts.url, 'eu-central-1');
const status = (code: number) => ({ $metadata: expect.objectContaining({ httpStatusCode: code }) });

beforeAll(async () => {
  const trust = trustServiceAccount(IRSA, ISSUER, 'shop', 'orders');
  sts = await startSts({
    clock: () => now,
    roles: [
      { arn: IRSA, maxSessionDuration: 43200, trust, permissions: mayAssume(ORDERS) },
      { arn: ORDERS, maxSessionDuration: 43200, trust: trustRole(IRSA) },
    ],
    oidc: [{ issuer: ISSUER, audience: 'sts.amazonaws.com', publicKey: key.publicKey }],
  });
});

afterAll(async () => {
  clients.destroy();
  await sts.close();
});

const token = {
  namespace: 'shop',
  serviceAccount: 'orders',
  audience: 'sts.amazonaws.com',
  expiresInSeconds: 600,
  key,
  issuer: ISSUER,
  now,
};
const web = (change: object = {}, input: object = {}) =>
  clients.make({ accessKeyId: '', secretAccessKey: '' }).send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: IRSA,
      RoleSessionName: 'shop.pod-1',
      WebIdentityToken: makeServiceAccountToken({ ...token, ...change }),
      ...input,
    }),
  );

test('takes a signed token and no signature, up to the longest session of the role', async () => {
  const answer = await web({}, { DurationSeconds: 43200 });
  expect(answer).toMatchObject({
    SubjectFromWebIdentityToken: 'system:serviceaccount:shop:orders',
    Audience: 'sts.amazonaws.com',
    Provider: ISSUER,
    Credentials: { Expiration: new Date((Math.floor(now / 1000) + 43200) * 1000) },
  });
  expect(sts.requests.at(-1)).toMatchObject({ signature: 'none', answer: 'ok' });
  const chain = (DurationSeconds: number) =>
    clients
      .make(keysOf(answer))
      .send(new AssumeRoleCommand({ RoleArn: ORDERS, RoleSessionName: 'shop.pod-1', DurationSeconds }));
  await expect(chain(3601)).rejects.toThrow(/role chaining/);
  await expect(chain(3600)).resolves.toHaveProperty('Credentials');
});

test.each<[string, object, object, string, RegExp, number]>([
  [
    'another account',
    { serviceAccount: 'other' },
    {},
    'AccessDenied',
    /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/,
    403,
  ],
  ['an unknown role', {}, { RoleArn: `${IRSA}-x` }, 'AccessDenied', /^Not authorized/, 403],
  ['another audience', { audience: 'other' }, {}, 'InvalidIdentityTokenException', /^Incorrect token audience$/, 400],
  [
    'another issuer',
    { issuer: 'https://x.example' },
    {},
    'InvalidIdentityTokenException',
    /^No OpenIDConnect provider found in your account for https:\/\/x\.example$/,
    400,
  ],
  ['another key', { key: makeSigningKey() }, {}, 'InvalidIdentityTokenException', /verification key/, 400],
  [
    'an expired token',
    { expiresInSeconds: -1 },
    {},
    'ExpiredTokenException',
    /^Token expired: current date\/time \d+ must be before the expiration date\/time \d+$/,
    400,
  ],
  ['a token of tomorrow', { now: now + 86_400_000 }, {}, 'InvalidIdentityTokenException', /nbf/, 400],
  ['no JWT', {}, { WebIdentityToken: 'abcd' }, 'InvalidIdentityTokenException', /not a valid JWT/, 400],
])('%s is refused', async (_name, change, input, name, message, code) => {
  await expect(web(change, input)).rejects.toMatchObject({
    name,
    message: expect.stringMatching(message),
    ...status(code),
  });
});

test('an issuer that only another account has registered is unknown', async () => {
  const other = await startSts({
    roles: [{ arn: IRSA, trust: trustServiceAccount(IRSA, ISSUER, 'shop', 'orders') }],
    oidc: [{ issuer: ISSUER, audience: 'sts.amazonaws.com', publicKey: key.publicKey, accounts: ['333333333333'] }],
  });
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: IRSA,
    RoleSessionName: 'shop.pod-1',
    WebIdentityToken: makeServiceAccountToken(token),
  });
  const response = await fetch(other.url, { method: 'POST', body });
  await other.close();
  expect(await response.text()).toContain('<Code>InvalidIdentityToken</Code>');
});
