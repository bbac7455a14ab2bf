import { send, startHttpStub, type HttpStub, type Reply } from '../testing/http-stub.ts';
import { makeTempFolder } from '../testing/temp-folder.ts';
import { makeAgent, type Agent } from './pod-identity.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const GOOD = {
  AccessKeyId: 'ASIABASE',
  SecretAccessKey: 'secret',
  Token: 'session',
  AccountId: '111111111111',
  Expiration: '2026-11-22T18:00:00.123456789Z',
};
/** Nothing listens on the discard port of loopback. */
const NOBODY = 'http://127.0.0.1:9/v1/credentials';

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln';
const NEXT_TOKEN = 'eyJhbGciOiJSUzI1NiJ9.e30.bmV4dA-_';

const folder = makeTempFolder();
let stub: HttpStub;
let tokenFile: string;

beforeAll(async () => {
  stub = await startHttpStub(json(GOOD));
});
beforeEach(() => {
  stub.reply(json(GOOD));
  stub.seen.length = 0;
  tokenFile = folder.write('token', TOKEN);
});
afterAll(async () => {
  await stub.close();
  folder.remove();
});

function json(data: unknown): Reply {
  return send(200, JSON.stringify(data), 'application/json');
}

function agent(...endpoints: string[]): Agent {
  return makeAgent({ endpoints, tokenFile, hasEnded: (at) => at <= NOW });
}

const atStub = (): string => `${stub.url}/v1/credentials`;

test('asks with the token as it stands in the file, and reads it again each time', async () => {
  const { fetch, everAnswered } = agent(atStub());
  expect(everAnswered()).toBe(false);
  const keys = { accessKeyId: 'ASIABASE', secretAccessKey: 'secret', sessionToken: 'session' };
  expect(await fetch()).toEqual({ ...keys, expiresAt: Date.parse(GOOD.Expiration) });
  expect(everAnswered()).toBe(true);
  folder.write('token', `${NEXT_TOKEN}\n`);
  await fetch();
  expect(stub.seen.map(({ method, url, headers }) => [method, url, headers.authorization])).toEqual([
    ['GET', '/v1/credentials', TOKEN],
    ['GET', '/v1/credentials', NEXT_TOKEN],
  ]);
});

test('an address that does not answer is passed over, and the one that answered comes first then', async () => {
  await agent(NOBODY, atStub()).fetch();
  const ill = await startHttpStub((response) => response.destroy());
  const { fetch } = agent(`${ill.url}/v1/credentials`, atStub());
  await fetch();
  await fetch();
  expect(ill.seen).toHaveLength(1);
  await ill.close();
  // An agent that is gone from the one address is looked for at the other.
  const other = await startHttpStub(json({ ...GOOD, AccessKeyId: 'ASIAOTHER' }));
  const both = agent(`${other.url}/v1/credentials`, atStub());
  expect((await both.fetch()).accessKeyId).toBe('ASIAOTHER');
  await other.close();
  expect((await both.fetch()).accessKeyId).toBe('ASIABASE');
});

test('an error answer is an answer: the other address is not asked', async () => {
  const other = await startHttpStub(send(404, 'no'));
  await expect(agent(`${other.url}/v1/credentials`, atStub()).fetch()).rejects.toMatchObject({
    code: 'AgentNoAssociation',
  });
  expect(stub.seen).toHaveLength(0);
  await other.close();
});

test('nobody anywhere: the message names addresses and causes', async () => {
  await expect(agent(NOBODY, 'http://127.0.0.1:1/v1/credentials').fetch()).rejects.toMatchObject({
    code: 'AgentUnreachable',
    message: expect.stringMatching(
      /127\.0\.0\.1:9\/v1\/credentials: ECONNREFUSED, http:\/\/127\.0\.0\.1:1.*: ECONNREFUSED\.$/,
    ),
    fix: expect.stringMatching(/^Install the add-on/),
  });
});

test.each<[string, Reply, RegExp]>([
  ['reset', (response) => response.socket?.resetAndDestroy(), /ECONNRESET/],
  ['closed without a word', (response) => response.destroy(), /ECONNRESET/],
  [
    'cut in the body',
    (r) => r.writeHead(200, { 'content-length': 100 }).write('{', () => r.destroy()),
    /closed|ECONNRESET/,
  ],
])('a connection that is %s', async (_name, reply, cause) => {
  stub.reply(reply);
  const failure = await agent(atStub())
    .fetch()
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'AgentUnreachable', message: expect.stringMatching(cause) });
});

test.each<[number, string, string, RegExp]>([
  [
    400,
    '[id]: (InvalidTokenException): wrong cluster, fault: client',
    'AgentRefused',
    /answered 400: \[id\]: \(InvalidToken/,
  ],
  [403, 'Access Denied. Called agent through invalid address', 'AgentRefused', /invalid address\.$/],
  [401, '', 'AgentRefused', /answered 401\.$/],
  [404, '[id]: (ResourceNotFoundException): No association found', 'AgentNoAssociation', /No association found\.$/],
  [429, 'Too Many Requests', 'AgentThrottled', /Too Many Requests/],
  [500, 'oops', 'AgentUnavailable', /oops/],
  [503, 'oops', 'AgentUnavailable', /oops/],
  [400, '[id]: (ExpiredTokenException): Token expired: x', 'StsCredentialsExpired', /The agent: \[id\]/],
  [204, '', 'AgentInvalidResponse', /answered 204/],
  [302, '', 'AgentInvalidResponse', /answered 302/],
])('status %i "%s" is %s', async (status, body, code, message) => {
  stub.reply(send(status, body));
  await expect(agent(atStub()).fetch()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test("the agent's text is cut to one line without the token that it may repeat", async () => {
  const token = `eyJhbGciOiJSUzI1NiJ9.${'x'.repeat(40)}.signature`;
  stub.reply(send(400, `first\nsecond ${token} ${'y'.repeat(1000)}`));
  const { message } = (await agent(atStub())
    .fetch()
    .catch((error: unknown) => error)) as Error;
  expect(message).toContain('first second <token> yyy');
  expect(message).not.toContain('\n');
  expect(message.length).toBeLessThan(420);
});

test.each<[string, Reply, string]>([
  ['no JSON', send(200, '<html>'), 'not JSON'],
  ['null', json(null), 'AccessKeyId is missing'],
  ['a member missing', json({ ...GOOD, Token: undefined }), 'Token is missing'],
  ['a member empty', json({ ...GOOD, SecretAccessKey: '' }), 'SecretAccessKey is missing'],
  ['a member of another type', json({ ...GOOD, AccessKeyId: 1 }), 'AccessKeyId is missing'],
  ['a time that is none', json({ ...GOOD, Expiration: 'soon' }), 'not a time'],
  ['a time that is over', json({ ...GOOD, Expiration: '2026-11-22T12:00:00Z' }), 'past'],
  ['far too much', send(200, 'x'.repeat(1_000_000)), 'its answer is over 64 KiB.'],
  ['far too much of an error', send(500, 'x'.repeat(1_000_000)), 'its answer is over 64 KiB.'],
])('an answer with %s is nonsense, and no answer for auto', async (_name, reply, detail) => {
  stub.reply(reply);
  const { fetch, everAnswered } = agent(atStub());
  await expect(fetch()).rejects.toMatchObject({
    code: 'AgentInvalidResponse',
    message: expect.stringContaining(detail),
  });
  expect(everAnswered()).toBe(false);
});

test.each<[string, () => string, RegExp]>([
  ['missing', () => `${folder.path}/none`, /none: ENOENT\.$/],
  ['empty', () => folder.write('empty', '\n'), /empty is empty\.$/],
])('a token file that is %s', async (_name, path, message) => {
  const { fetch } = makeAgent({ endpoints: [atStub()], tokenFile: path(), hasEnded: (at) => at <= NOW });
  await expect(fetch()).rejects.toMatchObject({ code: 'BaseTokenUnreadable', message: expect.stringMatching(message) });
  expect(stub.seen).toHaveLength(0);
});

test.each<[string, string]>([
  ['torn in its payload', TOKEN.slice(0, -6)],
  ['torn before its signature', TOKEN.slice(0, -4)],
  ['of another form', 'a\u0000b'],
  ['of two lines', `${TOKEN}\n${TOKEN}`],
])('a token %s is not sent', async (_name, content) => {
  folder.write('token', content);
  const error = (await agent(atStub())
    .fetch()
    .catch((e: unknown) => e)) as Error;
  expect(error).toMatchObject({ code: 'BaseTokenMalformed' });
  expect(error.message).not.toContain('eyJ');
  expect(stub.seen).toHaveLength(0);
});

test('an agent that does not answer is given up after some seconds', async () => {
  stub.reply(() => undefined);
  await expect(agent(atStub()).fetch()).rejects.toMatchObject({
    code: 'AgentUnreachable',
    message: expect.stringContaining('no answer within 5 s'),
    fix: expect.stringMatching(/^Allow egress to that address in the NetworkPolicies/),
  });
});
