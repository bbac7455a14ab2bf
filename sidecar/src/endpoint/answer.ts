/**
 * What the credentials endpoint answers. Pure: request and state in, answer out. The order of the
 * checks is part of the contract, since SDKs retry by status: Host, browser, path, method, token, role.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { CodedError, credentialsPath, DEFAULT_ROLE, ERRORS, PATHS, type ErrorCode } from '@rolechain/shared';
import { isValid, type RoleOffer, type Session } from '../model/session.ts';

/** Of a request, what decides. Header values as Node gives them. */
export interface RequestFacts {
  readonly host: string | undefined;
  /** Path with query, as in the request line. */
  readonly url: string;
  readonly method: string;
  readonly authorization: string | undefined;
  /** Origin, Referer and Sec-Fetch-Site, if the request has one of them. */
  readonly browser?: string | undefined;
  /** How its SDK names itself and what it takes: what tells clients apart. */
  readonly client?: string;
  /** It has a body, which nobody has a use for. */
  readonly hasBody?: boolean;
}

/** What the endpoint knows once its port is open and the tokens are written. */
export interface EndpointConfig {
  readonly port: number;
  /** SHA-256 of each role's token. */
  readonly tokens: ReadonlyMap<string, Buffer>;
  /** SHA-256 of tokens that these have replaced a moment ago: somebody else may have collected them. */
  readonly replaced: ReadonlyMap<string, Buffer>;
  readonly accountIDs: ReadonlyMap<string, string>;
}

export interface Answer {
  readonly status: number;
  /** Of an error. */
  readonly code?: ErrorCode;
  /** The request had no token and followed one that was refused for this (follow-ups.ts): it says nothing of its own. */
  readonly follows?: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * `answer`: send it. `role` is there when the request was in order: without valid credentials of that
 * role somebody wants them fetched. `hold`: wait for that role's fetch, then ask again. `replaced`: the token is one of
 * that role that has been replaced; wait as long, then answer TokenReplaced.
 */
export type Outcome =
  { readonly answer: Answer; readonly role?: string } | { readonly hold: string } | { readonly replaced: string };

/** The digests that `answer` compares with. */
export function digestTokens(
  tokens: ReadonlyMap<string, { readonly token: string; readonly replaced?: string | undefined }>,
): Pick<EndpointConfig, 'tokens' | 'replaced'> {
  const digests = [...tokens].map(([role, { token, replaced }]) => ({ role, token: digest(token), replaced }));
  return {
    tokens: new Map(digests.map(({ role, token }) => [role, token])),
    replaced: new Map(
      digests.flatMap(({ role, replaced }) => (replaced === undefined ? [] : [[role, digest(replaced)]])),
    ),
  };
}

/**
 * The outcome of a request at time `now` (milliseconds since 1970). `patience` is over when the
 * request has been held as long as SDKs wait: then it is answered, come what may.
 */
export function answer(
  request: RequestFacts,
  config: EndpointConfig,
  offerOf: (role: string) => RoleOffer,
  now: number,
  patience: boolean,
): Outcome {
  const admitted = admit(request, config);
  if (admitted instanceof CodedError) return { answer: errorAnswer(admitted) };
  if (typeof admitted === 'object') {
    return patience ? admitted : { answer: errorAnswer(new CodedError('TokenReplaced')) };
  }
  const { session, error, fetching, doubted } = offerOf(admitted);
  if (doubted && patience) return { hold: admitted };
  // Credentials that are valid win over any error, to their last second.
  if (isValid(session, now))
    return { answer: credentialsAnswer(session, config.accountIDs.get(admitted)), role: admitted };
  // A terminal error is told at once, unless a fetch is about to say something newer.
  const worthWaiting = fetching || !error?.terminal;
  if (patience && worthWaiting) return { hold: admitted };
  return { answer: errorAnswer(error ?? new CodedError('NotReady')), role: admitted };
}

/** The role that the request may have; the one that it might have had before its token was replaced; or why neither. */
function admit(
  { host, url, method, authorization, browser }: RequestFacts,
  config: EndpointConfig,
): string | { readonly replaced: string } | CodedError {
  // A page in a browser can make its own name point to 127.0.0.1, but not send another Host.
  if (host !== '127.0.0.1' && host !== `127.0.0.1:${config.port}`) return new CodedError('HostForbidden');
  // A page that somebody opens on this machine may know a token from elsewhere; it must not spend it.
  if (browser !== undefined) return new CodedError('BrowserForbidden');
  const role = roleOfPath(url.split('?', 1)[0] ?? '');
  if (role === undefined) return new CodedError('PathUnknown');
  if (method !== 'GET') return new CodedError('MethodNotAllowed');
  if (authorization === undefined || authorization === '') return new CodedError('TokenMissing');
  const given = digest(authorization);
  const owner = ownerOfToken(given, config.tokens);
  const formerOwner = ownerOfToken(given, config.replaced);
  if (owner === undefined && formerOwner === undefined) return new CodedError('TokenUnknown');
  if (owner === role) return role;
  // Somebody may have read it a moment before it was written again. Go's SDK would end for good with a 401.
  return owner === undefined && formerOwner === role ? { replaced: role } : new CodedError('RoleForbidden');
}

/** `/v1/credentials` is the role `default`; below it stands one segment, of a role that may not exist. */
function roleOfPath(path: string): string | undefined {
  if (path === PATHS.credentials) return DEFAULT_ROLE;
  const prefix = credentialsPath('');
  if (!path.startsWith(prefix)) return undefined;
  const segment = path.slice(prefix.length);
  return segment === '' || segment.includes('/') ? undefined : segment;
}

/** Digests are compared in constant time, and all of them, so that time tells nothing of any token. */
function ownerOfToken(given: Buffer, tokens: ReadonlyMap<string, Buffer>): string | undefined {
  let owner: string | undefined;
  for (const [role, expected] of tokens) if (timingSafeEqual(given, expected)) owner = role;
  return owner;
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The last answer of each session: the text is written once, not for each request. */
const lastAnswers = new WeakMap<Session, { readonly accountID: string | undefined; readonly answer: Answer }>();

function credentialsAnswer(session: Session, accountID: string | undefined): Answer {
  const last = lastAnswers.get(session);
  if (last !== undefined && last.accountID === accountID) return last.answer;
  const body = {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    Token: session.sessionToken,
    Expiration: wholeSeconds(session.expiresAt),
    // Left out rather than empty: fluent-bit takes an empty value for the end of the document.
    ...(accountID === undefined ? {} : { AccountId: accountID }),
  };
  const answer = { status: 200, headers: HEADERS, body: Buffer.from(JSON.stringify(body)) };
  lastAnswers.set(session, { accountID, answer });
  return answer;
}

/** Cut, never rounded up; `Z` and no fraction is the one form that every SDK reads. */
function wholeSeconds(time: number): string {
  return new Date(Math.floor(time / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

/** Go's SDK compares the type as a whole: with a charset behind it, it does not look for a code. */
const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' } as const;

/** The answer to a request without a token that follows one that was refused for this. */
export function followUpAnswer(follows: ErrorCode): Answer {
  const detail = `It follows one with a token, which was refused: ${follows}.`;
  return { ...errorAnswer(new CodedError('TokenMissing', detail, { fix: ERRORS[follows].fix })), follows };
}

/** The answer of a coded error. */
export function errorAnswer(error: CodedError): Answer {
  const { status } = ERRORS[error.code];
  const message = `${error.message} ${error.fix}`;
  // Go and Java read the names in lower case, JavaScript and fluent-bit those in upper case.
  const body = { code: error.code, message, Code: error.code, Message: message };
  return {
    status,
    code: error.code,
    headers: {
      ...HEADERS,
      ...(status === 503 ? { 'retry-after': '1' } : {}),
      ...(status === 405 ? { allow: 'GET' } : {}),
    },
    body: Buffer.from(JSON.stringify(body)),
  };
}
