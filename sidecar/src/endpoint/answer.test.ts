import { CodedError } from '@rolechain/shared';
import { answer, digestTokens, type EndpointConfig, type Outcome, type RequestFacts } from './answer.ts';
import type { RoleOffer, Session } from '../model/session.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const TOKEN = 'a'.repeat(43);
const AUDIT_TOKEN = 'b'.repeat(43);

const OLD_TOKEN = 'o'.repeat(43);

const config: EndpointConfig = {
  port: 28173,
  ...digestTokens(
    new Map([
      ['default', { token: TOKEN, replaced: OLD_TOKEN }],
      ['audit', { token: AUDIT_TOKEN }],
    ]),
  ),
  accountIDs: new Map([['default', '222222222222']]),
};

function session(expiresAt: number): Session {
  return { accessKeyId: 'ASIAX', secretAccessKey: 'secret', sessionToken: 'session', obtainedAt: 0, expiresAt };
}

const GOOD: RequestFacts = { host: '127.0.0.1:28173', url: '/v1/credentials', method: 'GET', authorization: TOKEN };
const VALID: RoleOffer = { session: session(NOW + 60_000), error: undefined, fetching: false };

interface Case {
  readonly request?: Partial<RequestFacts>;
  readonly offer?: Partial<RoleOffer>;
  readonly now?: number;
  readonly patience?: boolean;
}

function outcome({ request, offer, now = NOW, patience = true }: Case): Outcome {
  return answer({ ...GOOD, ...request }, config, () => ({ ...VALID, ...offer }), now, patience);
}

/** Status and code of an answer; the code is empty for credentials. */
function told(result: Outcome): [status: number, code: string] {
  if (!('answer' in result)) throw new Error('it is held');
  const body = JSON.parse(result.answer.body.toString()) as { Code?: string };
  return [result.answer.status, body.Code ?? ''];
}

describe('which requests are in order', () => {
  test.each<[string, Partial<RequestFacts>]>([
    ['the default role', {}],
    ['Host without a port, as aws-c-auth sends it', { host: '127.0.0.1' }],
    ['the default role by name', { url: '/v1/credentials/default' }],
    ['another role with its token', { url: '/v1/credentials/audit', authorization: AUDIT_TOKEN }],
    ['a query, which says nothing', { url: '/v1/credentials?x=/y' }],
  ])('%s', (_name, request) => {
    expect(told(outcome({ request }))).toEqual([200, '']);
  });

  test.each<[string, Partial<RequestFacts>, number, string]>([
    ['localhost', { host: 'localhost:28173' }, 403, 'HostForbidden'],
    ['a rebound name', { host: 'evil.example' }, 403, 'HostForbidden'],
    ['another port', { host: '127.0.0.1:80' }, 403, 'HostForbidden'],
    ['a page in a browser', { browser: 'http://evil.example' }, 403, 'BrowserForbidden'],
    ['a page, before the path', { browser: 'cross-site', url: '/x' }, 403, 'BrowserForbidden'],
    ['Host before the page', { browser: 'cross-site', host: 'evil.example' }, 403, 'HostForbidden'],
    ['no Host', { host: undefined }, 403, 'HostForbidden'],
    ['another path', { url: '/' }, 404, 'PathUnknown'],
    ['a slash at the end', { url: '/v1/credentials/' }, 404, 'PathUnknown'],
    ['two segments', { url: '/v1/credentials/default/x' }, 404, 'PathUnknown'],
    ['a longer word', { url: '/v1/credentialsx' }, 404, 'PathUnknown'],
    ['another method', { method: 'PUT' }, 405, 'MethodNotAllowed'],
    ['HEAD', { method: 'HEAD' }, 405, 'MethodNotAllowed'],
    ['no token', { authorization: undefined }, 401, 'TokenMissing'],
    ['an empty token', { authorization: '' }, 401, 'TokenMissing'],
    ['an unknown token', { authorization: 'x' }, 401, 'TokenUnknown'],
    ['Bearer', { authorization: `Bearer ${TOKEN}` }, 401, 'TokenUnknown'],
    ['the token of another role', { authorization: AUDIT_TOKEN }, 403, 'RoleForbidden'],
    ['a role that does not exist', { url: '/v1/credentials/none' }, 403, 'RoleForbidden'],
    ['a name of Object.prototype', { url: '/v1/credentials/constructor' }, 403, 'RoleForbidden'],
  ])('not %s', (_name, request, status, code) => {
    expect(told(outcome({ request }))).toEqual([status, code]);
  });

  // Each fault alone, in the order in which they are looked for: of two, the earlier one is told.
  const FAULTS: [string, Partial<RequestFacts>][] = [
    ['HostForbidden', { host: 'localhost' }],
    ['PathUnknown', { url: '/x' }],
    ['MethodNotAllowed', { method: 'POST' }],
    ['TokenUnknown', { authorization: 'x' }],
  ];
  const pairs = FAULTS.flatMap(([first, a], i) => FAULTS.slice(i + 1).map(([second, b]) => ({ first, second, a, b })));

  test.each(pairs)('$first goes before $second', ({ first, a, b }) => {
    expect(told(outcome({ request: { ...b, ...a } }))[1]).toBe(first);
  });

  test('a token that is unknown goes before a role that does not exist', () => {
    expect(told(outcome({ request: { url: '/v1/credentials/none', authorization: 'x' } }))[1]).toBe('TokenUnknown');
  });
});

describe('a token that was replaced', () => {
  const replaced = { authorization: OLD_TOKEN };

  test.each<[string, Partial<RoleOffer>]>([
    ['valid credentials', {}],
    ['none', { session: undefined }],
    ['a terminal error', { session: undefined, error: new CodedError('StsAccessDenied') }],
  ])('is held, then told so, whatever its role has: %s', (_name, offer) => {
    expect(outcome({ request: replaced, offer })).toEqual({ replaced: 'default' });
    expect(told(outcome({ request: replaced, offer, patience: false }))).toEqual([503, 'TokenReplaced']);
  });

  test.each<[string, Partial<RequestFacts>, string]>([
    ['of another role is that of no role', { url: '/v1/credentials/audit' }, 'RoleForbidden'],
    ['does not go before Host', { host: 'localhost' }, 'HostForbidden'],
    ['does not go before the path', { url: '/' }, 'PathUnknown'],
    ['does not go before the method', { method: 'POST' }, 'MethodNotAllowed'],
  ])('%s', (_name, request, code) => {
    expect(told(outcome({ request: { ...replaced, ...request } }))[1]).toBe(code);
  });
});

describe('what a role in each state gives', () => {
  const transient = new CodedError('StsUnreachable');
  const terminal = new CodedError('StsAccessDenied');
  const expired = session(NOW);

  test.each<[string, Partial<RoleOffer>, string]>([
    ['nothing yet', { session: undefined, fetching: true }, 'hold'],
    ['nothing, nothing running', { session: undefined }, 'hold'],
    ['a transient error', { session: undefined, error: transient }, 'hold'],
    ['a terminal error', { session: undefined, error: terminal }, '403 StsAccessDenied'],
    ['a terminal error, a fetch running', { session: undefined, error: terminal, fetching: true }, 'hold'],
    ['an expired session, a transient error', { session: expired, error: transient }, 'hold'],
    ['an expired session, a terminal error', { session: expired, error: terminal }, '403 StsAccessDenied'],
    ['a valid session, a transient error', { error: transient }, '200 '],
    ['a valid session, a terminal error', { error: terminal }, '200 '],
    ['a valid session, a fetch running', { fetching: true }, '200 '],
  ])('%s', (_name, offer, expected) => {
    const result = outcome({ offer });
    expect('hold' in result ? 'hold' : told(result).join(' ')).toBe(expected);
  });

  test.each<[string, Partial<RoleOffer>, string]>([
    ['nothing yet', { session: undefined, fetching: true }, '503 NotReady'],
    ['a transient error', { session: undefined, error: transient }, '503 StsUnreachable'],
    [
      'a terminal error, a fetch running',
      { session: undefined, error: terminal, fetching: true },
      '403 StsAccessDenied',
    ],
  ])('%s, once patience is over', (_name, offer, expected) => {
    expect(told(outcome({ offer, patience: false })).join(' ')).toBe(expected);
  });

  test('credentials are given to their last millisecond', () => {
    const offer = { session: session(NOW), error: terminal };
    expect(told(outcome({ offer, now: NOW - 1 }))[0]).toBe(200);
    expect(told(outcome({ offer, now: NOW }))[0]).toBe(403);
  });

  test('a request in order names its role, so that its fetch can come earlier; another does not', () => {
    expect(outcome({ offer: { session: undefined, error: terminal } })).toMatchObject({ role: 'default' });
    expect(outcome({ request: { authorization: 'x' } })).not.toHaveProperty('role');
  });
});

describe('the form of an answer', () => {
  const bodyOf = (result: Outcome): unknown =>
    'answer' in result ? JSON.parse(result.answer.body.toString()) : undefined;

  test('credentials: five members, whole seconds cut off', () => {
    const result = outcome({ offer: { session: session(NOW + 60_999) } });
    expect(bodyOf(result)).toEqual({
      AccessKeyId: 'ASIAX',
      SecretAccessKey: 'secret',
      Token: 'session',
      Expiration: '2026-11-22T12:01:00Z',
      AccountId: '222222222222',
    });
    expect(result).toHaveProperty('answer.headers', {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
  });

  test('is written once for a session', () => {
    const bodies = [outcome({}), outcome({})].map((each) => 'answer' in each && each.answer.body);
    expect(bodies[0]).toBe(bodies[1]);
  });

  test('an account that is not known is left out, not empty', () => {
    const request = { url: '/v1/credentials/audit', authorization: AUDIT_TOKEN };
    expect(bodyOf(outcome({ request }))).not.toHaveProperty('AccountId');
  });

  test('an error: code and message in both cases, with cause and fix', () => {
    const error = new CodedError('StsAccessDenied', 'User: x is not authorized.');
    const result = outcome({ offer: { session: undefined, error } });
    const message = `STS refused: the caller may not assume this role. User: x is not authorized. ${error.fix}`;
    expect(bodyOf(result)).toEqual({ code: 'StsAccessDenied', message, Code: 'StsAccessDenied', Message: message });
  });

  test.each<[string, Case, Record<string, string>]>([
    ['503 says when to come again', { offer: { session: undefined }, patience: false }, { 'retry-after': '1' }],
    ['405 says what is allowed', { request: { method: 'PUT' } }, { allow: 'GET' }],
    ['401 says neither', { request: { authorization: 'x' } }, {}],
  ])('%s', (_name, given, headers) => {
    expect(outcome(given)).toHaveProperty('answer.headers', {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...headers,
    });
  });
});
