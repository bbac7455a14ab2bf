import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { startAgent, type AgentDouble, type AgentOptions } from './agent.ts';
import { mayAssume, trustPodIdentity, trustRole } from './fixtures.ts';
import { makeServiceAccountToken, makeSigningKey, type ServiceAccountTokenOptions } from './jwt.ts';
import { startSts, type StsDouble } from './sts.ts';

const BASE = 'arn:aws:iam::111111111111:role/base';
const ORDERS = 'arn:aws:iam::222222222222:role/orders';
const key = makeSigningKey();

let sts: StsDouble;
let now: number;
const agents: AgentDouble[] = [];

beforeEach(async () => {
  now = Date.now();
  sts = await startSts({
    clock: () => now,
    roles: [
      { arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(ORDERS) },
      { arn: ORDERS, trust: trustRole(BASE) },
    ],
  });
});

afterEach(async () => {
  await Promise.all([...agents.splice(0), sts].map((double) => double.close()));
});

async function agent(options: Partial<AgentOptions> = {}): Promise<AgentDouble> {
  const associations = [{ namespace: 'shop', serviceAccount: 'orders', roleArn: BASE }];
  const double = await startAgent({ sts, associations, clusterName: 'demo', keys: [key.publicKey], ...options });
  agents.push(double);
  return double;
}

function token(change: Partial<ServiceAccountTokenOptions> = {}): string {
  return makeServiceAccountToken({
    namespace: 'shop',
    serviceAccount: 'orders',
    pod: { name: 'orders-7d9f-abcde', uid: 'u-1' },
    audience: 'pods.eks.amazonaws.com',
    expiresInSeconds: 3600,
    key,
    issuer: 'https://issuer.example',
    now,
    ...change,
  });
}

type Answer = { status: number; type: string | null; body: string };

async function ask(double: AgentDouble, authorization?: string, path = '/v1/credentials'): Promise<Answer> {
  const headers = authorization === undefined ? {} : { authorization };
  const response = await fetch(double.url + path, { headers });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

const credentialsOf = ({ body }: Answer) => JSON.parse(body) as Record<string, string>;

test('credentials of the associated role, in the shape of the agent, that STS takes', async () => {
  const double = await agent();
  const answer = await ask(double, token());
  expect(answer).toMatchObject({ status: 200, type: 'application/json' });
  const credentials = credentialsOf(answer);
  expect(credentials).toEqual({
    AccessKeyId: expect.stringMatching(/^ASIA/),
    SecretAccessKey: expect.any(String),
    Token: expect.any(String),
    AccountId: '111111111111',
    Expiration: new Date((Math.floor(now / 1000) + 6 * 3600) * 1000).toISOString().replace('.000Z', 'Z'),
  });
  const { AccessKeyId = '', SecretAccessKey = '', Token = '' } = credentials;
  const client = new STSClient({
    endpoint: sts.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token },
  });
  const { Arn = '' } = await client.send(new GetCallerIdentityCommand({}));
  client.destroy();
  expect(Arn).toMatch(/^arn:aws:sts::111111111111:assumed-role\/base\/eks-demo-orders-7d9f-abcde-[0-9a-f-]{36}$/);
  expect(double.requests).toMatchObject([
    { subject: 'system:serviceaccount:shop:orders', answer: 'ok', cached: false, path: '/v1/credentials' },
  ]);
});

test('a long pod name is cut, so that the session name keeps to 64 characters', async () => {
  let sessionName = '';
  const issue: StsDouble['issue'] = (request) => {
    sessionName = request.sessionName;
    return sts.issue(request);
  };
  await ask(await agent({ sts: { ...sts, issue } }), token({ pod: { name: 'p'.repeat(200), uid: 'u-1' } }));
  expect(sessionName).toMatch(/^eks-demo-p+-[0-9a-f]{8}-[0-9a-f-]{27}$/);
  expect(sessionName).toHaveLength(64);
});

test("EKS's six session tags are on the session, all transitive", async () => {
  const issued: Parameters<StsDouble['issue']>[0][] = [];
  const issue: StsDouble['issue'] = (request) => {
    issued.push(request);
    return sts.issue(request);
  };
  const recording = { ...sts, issue };
  await ask(await agent({ sts: recording }), token());
  const tags = {
    'eks-cluster-arn': 'arn:aws:eks:eu-central-1:111111111111:cluster/demo',
    'eks-cluster-name': 'demo',
    'kubernetes-namespace': 'shop',
    'kubernetes-service-account': 'orders',
    'kubernetes-pod-name': 'orders-7d9f-abcde',
    'kubernetes-pod-uid': 'u-1',
  };
  expect(issued[0]).toMatchObject({ tags, transitiveTagKeys: Object.keys(tags) });
  await ask(await agent({ sts: recording, sessionTags: false }), token());
  expect(issued[1]).toMatchObject({ tags: {}, transitiveTagKeys: [] });
});

describe('what the agent itself refuses, in plain text', () => {
  test.each<[string, string | undefined, string]>([
    ['no token', undefined, 'Service account token cannot be empty'],
    [
      'no JWT',
      'x',
      'Service account token cannot be parsed: token is malformed: token contains an invalid number of segments',
    ],
    [
      'a Bearer prefix',
      `Bearer ${token()}`,
      'Service account token cannot be parsed: token is malformed: could not JSON decode',
    ],
    [
      'an expired token',
      token({ now: Date.now(), expiresInSeconds: -1 }),
      'Service account token failed basic claim validations: token is expired',
    ],
    [
      'a token of tomorrow',
      token({ now: Date.now() + 86_400_000 }),
      'Service account token failed basic claim validations: token is not valid yet',
    ],
  ])('%s', async (_name, authorization, text) => {
    expect(await ask(await agent(), authorization)).toEqual({
      status: 400,
      type: 'text/plain; charset=utf-8',
      body: `${text}\n`,
    });
  });

  test('another Host, unless the check is off; its own address has a port behind it', async () => {
    const strict = await agent({ hosts: ['169.254.170.23', 'fd00:ec2::23'] });
    expect(await ask(strict, token())).toEqual({
      status: 403,
      type: 'text/plain; charset=utf-8',
      body: 'Access Denied. Called agent through invalid address, please use either [169.254.170.23 fd00:ec2::23] address not 127.0.0.1\n',
    });
    expect(await ask(await agent({ hosts: false }), token())).toMatchObject({ status: 200 });
  });

  test('another path', async () => {
    expect(await ask(await agent(), token(), '/')).toMatchObject({ status: 404, body: '404 page not found\n' });
  });
});

describe('what EKS Auth refuses, with request id, code and fault', () => {
  const form = (code: string, message: string): unknown =>
    expect.stringMatching(new RegExp(`^\\[[0-9a-f-]{36}\\]: \\(${code}\\): ${message}, fault: client\n$`));

  test.each<[string, Partial<ServiceAccountTokenOptions>, number, string, string]>([
    ['another audience', { audience: 'sts.amazonaws.com' }, 400, 'InvalidTokenException', 'The audience .*'],
    ['another key', { key: makeSigningKey() }, 400, 'InvalidTokenException', 'The signature .*'],
    [
      'no association',
      { serviceAccount: 'other' },
      404,
      'ResourceNotFoundException',
      'No pod identity association found for system:serviceaccount:shop:other',
    ],
    ['the same name elsewhere', { namespace: 'web' }, 404, 'ResourceNotFoundException', 'No pod .*'],
  ])('%s', async (_name, change, status, code, message) => {
    const double = await agent();
    expect(await ask(double, token(change))).toMatchObject({ status, body: form(code, message) });
    expect(double.requests.at(-1)?.answer).toBe(code);
  });

  test('a token that no pod is bound to', async () => {
    const unbound = makeServiceAccountToken({
      namespace: 'shop',
      serviceAccount: 'orders',
      audience: 'pods.eks.amazonaws.com',
      expiresInSeconds: 3600,
      key,
      issuer: 'https://issuer.example',
      now,
    });
    expect(await ask(await agent(), unbound)).toMatchObject({
      status: 400,
      body: form('InvalidTokenException', 'The token .*'),
    });
  });

  test('a role that does not trust EKS, and one that is not there', async () => {
    const double = await agent();
    const message = 'Unauthorized Exception! EKS does not have permissions to assume the associated role\\.';
    for (const roleArn of [ORDERS, `${BASE}-x`]) {
      double.associate({ namespace: 'shop', serviceAccount: 'orders', roleArn });
      expect(await ask(double, token())).toMatchObject({ status: 400, body: form('AccessDeniedException', message) });
    }
  });

  test('without keys the signature is not looked at', async () => {
    const { keys, ...rest } = {
      keys: undefined,
      sts,
      associations: [{ namespace: 'shop', serviceAccount: 'orders', roleArn: BASE }],
    };
    expect(keys).toBeUndefined();
    const double = await startAgent(rest);
    agents.push(double);
    expect(await ask(double, token({ key: makeSigningKey() }))).toMatchObject({ status: 200 });
  });
});

describe('the cache', () => {
  test('gives the same credentials for the same token until three hours have passed', async () => {
    const double = await agent();
    const same = token({ expiresInSeconds: 86_400 });
    const first = credentialsOf(await ask(double, same));
    now += 3 * 3600_000 - 1000;
    expect(credentialsOf(await ask(double, same))).toEqual(first);
    expect(credentialsOf(await ask(double, token()))).not.toEqual(first);
    now += 1000;
    expect(credentialsOf(await ask(double, same))).not.toEqual(first);
    expect(double.requests.map(({ cached }) => cached)).toEqual([false, true, false, false]);
  });

  test('gives nothing with less than 15 seconds left', async () => {
    const double = await agent({ sessionSeconds: 60 });
    const same = token();
    now = Math.floor(now / 1000) * 1000;
    const first = credentialsOf(await ask(double, same));
    now += 45_000;
    expect(credentialsOf(await ask(double, same))).toEqual(first);
    now += 1;
    expect(credentialsOf(await ask(double, same))).not.toEqual(first);
  });

  test('outlives the association, and can be turned off', async () => {
    const same = token();
    const cached = await agent();
    const uncached = await agent({ cache: false });
    for (const double of [cached, uncached]) {
      expect(await ask(double, same)).toMatchObject({ status: 200 });
      double.dissociate('shop', 'orders');
    }
    expect(await ask(cached, same)).toMatchObject({ status: 200 });
    expect(await ask(uncached, same)).toMatchObject({ status: 404 });
    uncached.associate({ namespace: 'shop', serviceAccount: 'orders', roleArn: BASE });
    expect(await ask(uncached, same)).toMatchObject({ status: 200 });
  });
});

test('faults: the rate limit, an error of EKS Auth, nonsense, a reset', async () => {
  const double = await agent();
  double.failNext(1, { status: 429, code: '', message: 'Too Many Requests' });
  double.failNext(1, { status: 500, code: 'InternalServerException', message: 'oops' });
  double.failNext(1, 'nonsense');
  double.failNext(1, 'reset');
  expect(await ask(double, token())).toMatchObject({ status: 429, body: 'Too Many Requests\n' });
  expect((await ask(double, token())).body).toMatch(
    /^\[[0-9a-f-]{36}\]: \(InternalServerException\): oops, fault: server\n$/,
  );
  expect((await ask(double, token())).body).toMatch(/^<html>/);
  await expect(ask(double, token())).rejects.toThrow();
  expect(await ask(double, token())).toMatchObject({ status: 200 });
  expect(double.requests.map(({ answer }) => answer)).toEqual([
    '429',
    'InternalServerException',
    'nonsense',
    'reset',
    'ok',
  ]);
});
