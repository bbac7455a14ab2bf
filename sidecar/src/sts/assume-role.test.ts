import dns from 'node:dns';
import { assumeRole, assumeRoleWithWebIdentity, readSession, type StsOptions } from './assume-role.ts';
import type { HopPlan } from '../model/plan.ts';
import { send, startHttpStub, type HttpStub, type Reply } from '../testing/http-stub.ts';
import { makeSimClock } from '../testing/sim-clock.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const BASE = { accessKeyId: 'ASIABASE', secretAccessKey: 'base-secret', sessionToken: 'base-session' };
const HOP: HopPlan = {
  roleARN: 'arn:aws:iam::222222222222:role/orders',
  externalID: 'ours',
  sessionName: 'shop.orders-1',
  durationSeconds: 1800,
  stsRegion: 'eu-central-1',
};
const IDENTITY = {
  token: 'the-token',
  roleARN: 'arn:aws:iam::111111111111:role/base',
  sessionName: 'shop.orders-1',
  stsRegion: 'eu-west-1',
};

let sts: HttpStub;
let options: StsOptions;

beforeAll(async () => {
  sts = await startHttpStub(session());
  options = { endpoint: sts.url, clock: makeSimClock() };
});
beforeEach(() => {
  sts.reply(session());
  sts.seen.length = 0;
});
afterAll(() => sts.close());

/** STS's answer to an action, in the form of its API reference. */
function session(change: Record<string, string> = {}, action = 'AssumeRole'): Reply {
  const members = {
    AccessKeyId: 'ASIANEW',
    SecretAccessKey: 'new-secret',
    SessionToken: 'new-session',
    Expiration: '2026-11-22T12:30:00Z',
    ...change,
  };
  const xml = Object.entries(members).map(([name, value]) => `<${name}>${value}</${name}>`);
  const result = `<${action}Result><Credentials>${xml.join('')}</Credentials></${action}Result>`;
  return send(
    200,
    `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</${action}Response>`,
    'text/xml',
  );
}

function sentParameters(): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(sts.seen[0]?.body));
}

test('AssumeRole: signed for its Region with the credentials given, and with the parameters of the hop', async () => {
  expect(await assumeRole(BASE, HOP, options)).toEqual({
    accessKeyId: 'ASIANEW',
    secretAccessKey: 'new-secret',
    sessionToken: 'new-session',
    obtainedAt: NOW,
    expiresAt: NOW + 1_800_000,
  });
  expect(sentParameters()).toEqual({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: HOP.roleARN,
    RoleSessionName: 'shop.orders-1',
    DurationSeconds: '1800',
    ExternalId: 'ours',
  });
  const headers = sts.seen[0]?.headers ?? {};
  expect(headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=ASIABASE\/\d{8}\/eu-central-1\/sts\/aws4_request/,
  );
  expect(headers['x-amz-security-token']).toBe('base-session');
  expect(headers['user-agent']).toContain('app/rolechain');
});

test('without an external ID none is sent; static keys have no token', async () => {
  const { externalID: _none, ...hop } = HOP;
  await assumeRole({ accessKeyId: 'AKIASTATIC', secretAccessKey: 's' }, hop, options);
  expect(sentParameters()).not.toHaveProperty('ExternalId');
  expect(sts.seen[0]?.headers).not.toHaveProperty('x-amz-security-token');
});

test('every field of a hop is sent, as the query protocol writes it; empty ones are not', async () => {
  const more = {
    tags: { team: 'shop', cost: '7' },
    transitiveTagKeys: ['team'],
    policy: '{"Version":"2012-10-17"}',
    policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    sourceIdentity: 'orders',
  };
  await assumeRole(BASE, { ...HOP, ...more }, options);
  expect(sentParameters()).toMatchObject({
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'shop',
    'Tags.member.2.Key': 'cost',
    'Tags.member.2.Value': '7',
    'TransitiveTagKeys.member.1': 'team',
    Policy: '{"Version":"2012-10-17"}',
    'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
    SourceIdentity: 'orders',
  });
  sts.seen.length = 0;
  await assumeRole(BASE, { ...HOP, tags: {}, transitiveTagKeys: [], policyARNs: [] }, options);
  expect(Object.keys(sentParameters()).filter((name) => /^(Tags|Trans|Policy)/.test(name))).toEqual([]);
});

test('web identity on a target: its duration and policies, and nothing that this call does not have', async () => {
  sts.reply(session({}, 'AssumeRoleWithWebIdentity'));
  const more = { durationSeconds: 7200, policy: '{}', policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] };
  const never = { externalID: 'ours', tags: { a: 'b' }, transitiveTagKeys: ['a'], sourceIdentity: 'x' };
  await assumeRoleWithWebIdentity({ ...IDENTITY, ...never, ...more }, options);
  const { Action: _action, Version: _version, ...sent } = sentParameters();
  expect(sent).toEqual({
    RoleArn: IDENTITY.roleARN,
    RoleSessionName: 'shop.orders-1',
    WebIdentityToken: 'the-token',
    DurationSeconds: '7200',
    Policy: '{}',
    'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
  });
});

test('AssumeRoleWithWebIdentity: not signed, for an hour', async () => {
  sts.reply(session({}, 'AssumeRoleWithWebIdentity'));
  expect((await assumeRoleWithWebIdentity(IDENTITY, options)).accessKeyId).toBe('ASIANEW');
  expect(sts.seen[0]?.headers).not.toHaveProperty('authorization');
  expect(sentParameters()).toEqual({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: IDENTITY.roleARN,
    RoleSessionName: 'shop.orders-1',
    WebIdentityToken: 'the-token',
    DurationSeconds: '3600',
  });
});

function stsFault(code: string, status: number): Reply {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>Its text</Message></Error>`;
  return send(
    status,
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}</ErrorResponse>`,
    'text/xml',
  );
}

// What the SDK makes of each answer is its own affair, and may change with its version: so, on the wire.
test.each<[string, Reply, string]>([
  ['AccessDenied', stsFault('AccessDenied', 403), 'StsAccessDenied'],
  ['Throttling', stsFault('Throttling', 400), 'StsThrottled'],
  ['MalformedPolicyDocument', stsFault('MalformedPolicyDocument', 400), 'StsRejected'],
  ['RegionDisabledException', stsFault('RegionDisabledException', 403), 'StsRegionDisabled'],
  ['ExpiredTokenException', stsFault('ExpiredTokenException', 400), 'StsCredentialsExpired'],
  ['IDPCommunicationError', stsFault('IDPCommunicationError', 400), 'StsUnavailable'],
  ['IDPRejectedClaim', stsFault('IDPRejectedClaim', 403), 'StsTokenRejected'],
  ['InternalFailure', stsFault('InternalFailure', 500), 'StsUnavailable'],
  ['a portal', send(200, '<html><h1>Welcome</h1></html>', 'text/html'), 'StsInvalidResponse'],
  ['text', send(200, 'hello <'), 'StsInvalidResponse'],
  ['nothing', send(200, ''), 'StsInvalidResponse'],
  ['a proxy that forbids', send(403, '<html><br></html>', 'text/html'), 'StsInvalidResponse'],
  ['a proxy that is ill', send(502, 'Bad Gateway'), 'StsUnavailable'],
  ['a redirection', send(302, ''), 'StsInvalidResponse'],
  ['a member missing', session({ SessionToken: '' }), 'StsInvalidResponse'],
  ['a time that is none', session({ Expiration: 'soon' }), 'StsInvalidResponse'],
  ['a time that is over', session({ Expiration: '2026-11-22T12:00:00Z' }), 'StsInvalidResponse'],
  ['a reset', (response) => response.socket?.resetAndDestroy(), 'StsUnreachable'],
  [
    'half an answer',
    (r) => r.writeHead(200, { 'content-length': 100 }).write('<a', () => r.destroy()),
    'StsUnreachable',
  ],
])('%s: one call, and its code', async (_name, reply, code) => {
  sts.reply(reply);
  await expect(assumeRole(BASE, HOP, options)).rejects.toMatchObject({ code });
  // The schedule is the one place that tries again.
  expect(sts.seen).toHaveLength(1);
});

test('an STS that is not there', async () => {
  await expect(assumeRole(BASE, HOP, { ...options, endpoint: 'http://127.0.0.1:9' })).rejects.toMatchObject({
    code: 'StsUnreachable',
  });
});

test('an STS that is silent, and one whose answer never ends, are given up', async () => {
  const silent = await startHttpStub(() => undefined);
  const endless = await startHttpStub((response) => response.writeHead(200).write('<AssumeRoleResponse>'));
  const failures = [silent, endless].map(({ url }) => assumeRole(BASE, HOP, { ...options, endpoint: url }));
  const expected = { code: 'StsUnreachable', message: expect.stringMatching(/no answer in time\.$/) };
  for (const failure of failures) await expect(failure).rejects.toMatchObject(expected);
  await Promise.all([silent.close(), endless.close()]);
});

describe('a session that is over when it comes, or so nearly that nobody can use it', () => {
  const DAYS = 48 * 3_600_000;
  const read = (leftMs: number, answeredAt?: number) => {
    const Expiration = new Date(NOW + leftMs);
    const keys = { AccessKeyId: 'a', SecretAccessKey: 's', SessionToken: 't' };
    return readSession({ ...keys, Expiration }, { now: NOW, answeredAt });
  };

  test.each<[string, number, number | undefined, string]>([
    ['a clock two days ahead of what STS says', 900_000 - DAYS, NOW - DAYS, 'StsClockSkew'],
    ['no Date', -1, undefined, 'StsInvalidResponse'],
    ['in 1.999 s, and no Date', 1_999, undefined, 'StsInvalidResponse'],
    ['before its own Date', -1, NOW, 'StsInvalidResponse'],
    ['1.999 s after its own Date', 1_999, NOW, 'StsInvalidResponse'],
    ['sooner after its own Date than STS gives any', 899_000 - DAYS, NOW - DAYS, 'StsInvalidResponse'],
  ])('%s', (_name, leftMs, answeredAt, code) => {
    const ends = new Date(NOW + leftMs).toISOString();
    const message = expect.stringContaining(`The session in its answer ends at ${ends}`);
    expect(() => read(leftMs, answeredAt)).toThrow(expect.objectContaining({ code, message }));
  });

  test('of 2 s it is one', () => {
    expect(read(2_000, NOW)).toMatchObject({ obtainedAt: NOW, expiresAt: NOW + 2_000 });
  });
});

test.each([
  ['us-east-1', 'sts-fips.us-east-1.amazonaws.com', { useFIPSEndpoint: true }],
  ['us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com', { useFIPSEndpoint: true }],
  ['eu-central-1', 'sts.eu-central-1.api.aws', { useDualstackEndpoint: true }],
  ['us-gov-west-1', 'sts.us-gov-west-1.api.aws', { useDualstackEndpoint: true }],
  ['cn-north-1', 'sts.cn-north-1.api.amazonwebservices.com.cn', { useDualstackEndpoint: true }],
  ['us-iso-east-1', 'sts.us-iso-east-1.api.aws.ic.gov', { useDualstackEndpoint: true }],
  ['us-isob-east-1', 'sts.us-isob-east-1.api.aws.scloud', { useDualstackEndpoint: true }],
  ['eusc-de-east-1', 'sts.eusc-de-east-1.api.amazonwebservices.eu', { useDualstackEndpoint: true }],
  ['us-east-1', 'sts-fips.us-east-1.api.aws', { useDualstackEndpoint: true, useFIPSEndpoint: true }],
  ['eu-west-1', 'sts.eu-west-1.vpc.example', { endpoint: 'https://sts.{region}.vpc.example' }],
  ['eu-central-1', 'sts.eu-central-1.amazonaws.com'],
  ['us-east-1', 'sts.us-east-1.amazonaws.com'],
  ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
  ['us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
  ['us-iso-east-1', 'sts.us-iso-east-1.c2s.ic.gov'],
  ['us-isob-east-1', 'sts.us-isob-east-1.sc2s.sgov.gov'],
  ['eu-isoe-west-1', 'sts.eu-isoe-west-1.cloud.adc-e.uk'],
  ['us-isof-south-1', 'sts.us-isof-south-1.csp.hci.ic.gov'],
  ['eusc-de-east-1', 'sts.eusc-de-east-1.amazonaws.eu'],
])('%s is asked at %s', async (stsRegion, host, endpoints: Partial<StsOptions> = {}) => {
  // Only names are kept from being looked up: the test must not leave the machine.
  const notFound = Object.assign(new Error('not found'), { code: 'ENOTFOUND', hostname: host });
  const lookup = jest.spyOn(dns, 'lookup').mockImplementation(((
    _name: string,
    _options: unknown,
    done: (e: Error) => void,
  ) => {
    done(notFound);
  }) as never);
  try {
    await expect(assumeRole(BASE, { ...HOP, stsRegion }, { clock: options.clock, ...endpoints })).rejects.toMatchObject(
      {
        code: 'StsUnreachable',
        message: expect.stringMatching(new RegExp(`: ${host}: ENOTFOUND\\.$`)),
      },
    );
    expect(lookup.mock.calls.map(([name]) => name)).toEqual([host]);
  } finally {
    lookup.mockRestore();
  }
});
