import type { AssumeRoleCommandInput, STSClientConfig } from '@aws-sdk/client-sts';
import { mayAssume, trustPodIdentity, trustRole } from './fixtures.ts';
import { BASE, ORDERS, assume, createSdkClients, keysOf, type Keys, whoAmI } from './sdk-client.ts';
import { startSts, type IssuedCredentials, type StsDouble } from './sts.ts';

const HUB = 'arn:aws:iam::111111111111:role/hub';
const REGION = 'eu-central-1';

let sts: StsDouble;
let base: IssuedCredentials;
let now: number;
const clients = createSdkClients(() => sts.url, REGION);
const client = clients.make;

beforeEach(async () => {
  now = Date.now();
  sts = await startSts({
    region: REGION,
    clock: () => now,
    roles: [
      { arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(ORDERS) },
      { arn: HUB, trust: trustRole(BASE, { setSourceIdentity: true }), permissions: mayAssume(ORDERS) },
      {
        arn: ORDERS,
        maxSessionDuration: 7200,
        trust: {
          Statement: [
            ...trustRole(BASE, { externalId: 'shop-1', setSourceIdentity: true }).Statement,
            ...trustRole(HUB, { setSourceIdentity: true }).Statement,
            ...trustRole('arn:aws:iam::111111111111:user/me').Statement,
          ],
        },
      },
    ],
  });
  base = sts.issue({ roleArn: BASE, sessionName: 'pod-1' });
});

afterEach(async () => {
  clients.destroy();
  await sts.close();
});

const status = (code: number) => ({ $metadata: expect.objectContaining({ httpStatusCode: code }) });

describe('AssumeRole', () => {
  test('gives credentials that look real, for the time asked for, and work', async () => {
    const answer = await assume(client(base), { DurationSeconds: 1800 });
    expect(answer.Credentials).toEqual({
      AccessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
      SecretAccessKey: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/),
      SessionToken: expect.stringMatching(/^IQoJb3JpZ2luX2Vj[A-Za-z0-9+/]{600,}=*$/),
      Expiration: new Date((Math.floor(now / 1000) + 1800) * 1000),
    });
    expect(answer.AssumedRoleUser).toEqual({
      Arn: 'arn:aws:sts::222222222222:assumed-role/orders/shop.pod-1',
      AssumedRoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}:shop\.pod-1$/),
    });
    expect(answer).not.toHaveProperty('PackedPolicySize', expect.anything());
    expect(answer.SessionTokenSize).toBe(answer.Credentials?.SessionToken?.length);
    expect(answer.SourceIdentity).toBeUndefined();
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    await expect(whoAmI(client(keysOf(answer)))).resolves.toMatchObject({
      Arn: 'arn:aws:sts::222222222222:assumed-role/orders/shop.pod-1',
      Account: '222222222222',
      UserId: answer.AssumedRoleUser?.AssumedRoleId,
    });
  });

  test('carries tags and source identity along a chain', async () => {
    const tags = { RoleArn: HUB, Tags: [{ Key: 'team', Value: 'shop: größe 1' }], TransitiveTagKeys: ['team'] };
    const hop = await assume(client(base), { ...tags, SourceIdentity: 'alice' });
    expect(hop).toMatchObject({
      PackedPolicySize: expect.any(Number),
      SessionTokenUtilization: expect.any(Number),
      SourceIdentity: 'alice',
    });
    const hub = client(keysOf(hop));
    await expect(assume(hub)).resolves.toMatchObject({ SourceIdentity: 'alice' });
    await expect(assume(hub, { Tags: [{ Key: 'Team', Value: 'x' }] })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringMatching(/conflicts with a transitive tag key from the calling session/),
      ...status(400),
    });
    await expect(assume(hub, { SourceIdentity: 'bob' })).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'The source identity is already set for this assume role session',
    });
  });

  test('users call with long-term keys, and beyond an hour, since that is no chaining', async () => {
    const user = client(sts.issueUser('arn:aws:iam::111111111111:user/me', mayAssume(ORDERS)));
    await expect(assume(user, { DurationSeconds: 7200 })).resolves.toHaveProperty('Credentials');
    await expect(assume(user, { DurationSeconds: 7201 })).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    });
    await expect(whoAmI(user)).resolves.toMatchObject({ Arn: 'arn:aws:iam::111111111111:user/me' });
  });

  test('an hour is the limit of chaining', async () => {
    await expect(assume(client(base), { DurationSeconds: 3600 })).resolves.toHaveProperty('Credentials');
    await expect(assume(client(base), { DurationSeconds: 3601 })).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
      ...status(400),
    });
  });

  const user = 'User: arn:aws:sts::111111111111:assumed-role/base/pod-1 is not authorized to perform:';
  test.each<[string, Partial<AssumeRoleCommandInput>, string]>([
    ['another external ID', { ExternalId: 'other' }, `${user} sts:AssumeRole on resource: ${ORDERS}`],
    ['an unknown role', { RoleArn: `${ORDERS}-x` }, `${user} sts:AssumeRole on resource: ${ORDERS}-x`],
  ])('%s is denied', async (_name, change, message) => {
    await expect(assume(client(base), change)).rejects.toMatchObject({ name: 'AccessDenied', message, ...status(403) });
    expect(sts.requests.at(-1)).toMatchObject({ answer: 'AccessDenied', reason: expect.any(String) });
  });

  test('tags without sts:TagSession are denied', async () => {
    sts.setTrust(ORDERS, trustRole(BASE, { tagSession: false }));
    await expect(assume(client(base), { Tags: [{ Key: 'a', Value: 'b' }] })).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `${user} sts:TagSession on resource: ${ORDERS}`,
    });
  });

  test('a changed trust policy holds at once', async () => {
    await assume(client(base));
    sts.setTrust(ORDERS, trustRole(HUB));
    await expect(assume(client(base))).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test.each<[string, Partial<AssumeRoleCommandInput>, string]>([
    ['a name out of range', { RoleSessionName: 'a b' }, 'ValidationError'],
    ['a policy that is none', { Policy: '{}' }, 'MalformedPolicyDocumentException'],
    ['a long policy', { Policy: JSON.stringify({ Statement: 'x'.repeat(2048) }) }, 'PackedPolicyTooLargeException'],
  ])('%s is refused under the name that the SDK gives the error', async (_name, change, name) => {
    await expect(assume(client(base), change)).rejects.toMatchObject({ name, ...status(400) });
  });

  test('an error text keeps its special characters', async () => {
    await expect(assume(client(base), { RoleSessionName: '<a> & "b"' })).rejects.toMatchObject({
      message: expect.stringContaining(`Value '<a> & "b"' at 'roleSessionName'`),
    });
  });

  test('random tags beyond the packed size are refused', async () => {
    const Tags = Array.from({ length: 50 }, (_, i) => ({
      Key: `k${i}`,
      Value: Array.from({ length: 7 }, () => crypto.randomUUID()).join(''),
    }));
    await expect(assume(client(base), { Tags })).rejects.toMatchObject({
      name: 'PackedPolicyTooLargeException',
      message: expect.stringMatching(/^Packed size of session tags consumes \d{3}% of allotted space\.$/),
    });
  });
});

describe('who calls', () => {
  test.each<[string, (keys: IssuedCredentials) => Keys, STSClientConfig, string]>([
    ['another secret', (k) => ({ ...k, secretAccessKey: 'x' }), {}, 'SignatureDoesNotMatch'],
    ['another session token', (k) => ({ ...k, sessionToken: 'x' }), {}, 'InvalidClientTokenId'],
    [
      'no session token',
      ({ accessKeyId, secretAccessKey }) => ({ accessKeyId, secretAccessKey }),
      {},
      'InvalidClientTokenId',
    ],
    ['an unknown key', (k) => ({ ...k, accessKeyId: 'ASIAX' }), {}, 'InvalidClientTokenId'],
    ['another Region', (k) => k, { region: 'us-east-1' }, 'SignatureDoesNotMatch'],
  ])('%s is refused', async (_name, change, config, name) => {
    await expect(whoAmI(client(change(base), config))).rejects.toMatchObject({ name, ...status(403) });
    expect(sts.requests.at(-1)).toMatchObject({ signature: name, answer: name });
  });

  test('nobody is refused', async () => {
    const response = await fetch(sts.url, { method: 'POST', body: 'Action=GetCallerIdentity&Version=2011-06-15' });
    expect(response.status).toBe(403);
    expect(response.headers.get('content-type')).toBe('text/xml');
    expect(await response.text()).toMatch(
      /^<ErrorResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/"><Error><Type>Sender<\/Type><Code>MissingAuthenticationToken<\/Code><Message>Request is missing Authentication Token<\/Message><\/Error><RequestId>[0-9a-f-]{36}<\/RequestId><\/ErrorResponse>$/,
    );
    expect(sts.requests.at(-1)).toMatchObject({ signature: 'none' });
  });

  test('credentials end with their time', async () => {
    now = Math.floor(now / 1000) * 1000;
    const short = sts.issue({ roleArn: BASE, sessionName: 'pod-2', durationSeconds: 60 });
    now += 58_000;
    const caller = client(short, { systemClockOffset: 58_000 });
    await expect(whoAmI(caller)).resolves.toHaveProperty('Arn');
    now += 2000;
    await expect(whoAmI(caller)).rejects.toMatchObject({
      name: 'ExpiredToken',
      message: 'The security token included in the request is expired',
      ...status(403),
    });
  });

  test('the sessions of a removed role are worth nothing', async () => {
    sts.removeRole(BASE);
    await expect(whoAmI(client(base))).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    expect(() => sts.issue({ roleArn: BASE, sessionName: 'x' })).toThrow(/knows no role/);
  });

  test("a clock that is off is told, and an SDK corrects itself by the answer's date", async () => {
    now += 20 * 60_000;
    await expect(whoAmI(client(base))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      message: expect.stringMatching(/^Signature expired: .* \(\d{8}T\d{6}Z - 15 min\.\)$/),
    });
    await expect(whoAmI(client(base, { maxAttempts: 2 }))).resolves.toHaveProperty('Arn');
  });
});
