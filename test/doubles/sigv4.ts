/**
 * Double of the front door of an AWS service: verifies AWS Signature Version 4 of a request as it came in.
 * Pure: no clock, no I/O. Written from the AWS General Reference, "Create a signed AWS API request".
 *
 * Checks: that the Authorization header is whole; the key and its session token; the credential scope (date, Region,
 * service, terminator); the age of the request; that `host` and every `x-amz-*` header are signed; the signature over
 * method, path, query, headers and body.
 *
 * Does not check: signatures in the query string (presigned URLs), SigV4A, chunked or unsigned payloads (STS takes
 * none of them). The comparison is not constant in time, since nothing here is secret.
 */
import { createHash, createHmac } from 'node:crypto';

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** How old a request may be, and how far in the future, in milliseconds: as STS's own error texts name them. */
const MAX_AGE_MS = 15 * 60_000;
const MAX_AHEAD_MS = 5 * 60_000;

/** A request as received. `path` is the raw path of the request line without the query; headers keep their order. */
export type ReceivedRequest = {
  method: string;
  path: string;
  query: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Uint8Array;
};

/** What the double knows of an access key. Long-term keys have no session token. */
export type KnownKey = { secretAccessKey: string; sessionToken?: string };

/** `now` in milliseconds. Without `region` any Region may stand in the scope. */
export type Expectation = {
  service: string;
  region?: string;
  now: number;
  lookup: (accessKeyId: string) => KnownKey | undefined;
};

export type SignatureError =
  'MissingAuthenticationToken' | 'IncompleteSignature' | 'InvalidClientTokenId' | 'SignatureDoesNotMatch';

export type Verdict = { ok: true; accessKeyId: string } | { ok: false; code: SignatureError; message: string };

type Authorization = { accessKeyId: string; scope: string[]; signedHeaders: string[]; signature: string };

/** Verifies one request. The messages are those of STS where they are known. */
export function verifySignature(request: ReceivedRequest, expect: Expectation): Verdict {
  const headers = foldHeaders(request.headers);
  const header = headers.get('authorization');
  if (header === undefined) return refuse('MissingAuthenticationToken', 'Request is missing Authentication Token');
  const authorization = parseAuthorization(header);
  if (typeof authorization === 'string') return refuse('IncompleteSignature', authorization);
  const timestamp = headers.get('x-amz-date') ?? headers.get('date');
  if (timestamp === undefined) {
    const message = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
    return refuse('IncompleteSignature', message);
  }
  const signedAt = parseTimestamp(timestamp);
  if (signedAt === undefined) {
    return refuse('IncompleteSignature', `Date must be in ISO-8601 'basic format'. Got '${timestamp}'.`);
  }
  const key = expect.lookup(authorization.accessKeyId);
  if (key === undefined || headers.get('x-amz-security-token') !== key.sessionToken) {
    return refuse('InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
  const mismatch =
    checkScope(authorization.scope, timestamp, expect) ??
    checkAge(signedAt, expect.now) ??
    checkSignedHeaders(authorization.signedHeaders, headers) ??
    checkSignature(request, headers, authorization, timestamp, key.secretAccessKey);
  if (mismatch !== undefined) return refuse('SignatureDoesNotMatch', mismatch);
  return { ok: true, accessKeyId: authorization.accessKeyId };
}

function refuse(code: SignatureError, message: string): Verdict {
  return { ok: false, code, message };
}

/** Lower-case names, values trimmed and their inner runs of spaces made one, repeated names joined by a comma. */
function foldHeaders(lines: ReceivedRequest['headers']): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, raw] of lines) {
    const key = name.toLowerCase();
    const value = raw.trim().replace(/ +/g, ' ');
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

/** The parts of the header, or the message that says what is missing. */
function parseAuthorization(header: string): Authorization | string {
  const [algorithm = '', ...rest] = header.split(' ');
  if (algorithm !== ALGORITHM) return `Unsupported AWS 'algorithm': '${algorithm}'.`;
  const parts = new Map<string, string>();
  for (const part of rest.join(' ').split(',')) {
    const equals = part.indexOf('=');
    if (equals > 0) parts.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !parts.get(name));
  if (missing.length > 0) return missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' ');
  const [accessKeyId = '', ...scope] = (parts.get('Credential') ?? '').split('/');
  if (scope.length !== 4) {
    return `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${parts.get('Credential')}'`;
  }
  const signedHeaders = (parts.get('SignedHeaders') ?? '').split(';');
  return { accessKeyId, scope, signedHeaders, signature: parts.get('Signature') ?? '' };
}

/** Milliseconds of `20150830T123600Z`. */
function parseTimestamp(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function formatTimestamp(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function checkScope(scope: string[], timestamp: string, expect: Expectation): string | undefined {
  const [date = '', region = '', service = '', terminator = ''] = scope;
  if (date !== timestamp.slice(0, 8)) {
    return `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`;
  }
  if (region === '' || (expect.region !== undefined && region !== expect.region)) {
    return `Credential should be scoped to a valid region, not '${region}'. `;
  }
  if (service !== expect.service) return `Credential should be scoped to correct service: '${expect.service}'. `;
  if (terminator !== 'aws4_request') {
    return `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'. `;
  }
  return undefined;
}

function checkAge(signedAt: number, now: number): string | undefined {
  const signed = formatTimestamp(signedAt);
  const server = formatTimestamp(now);
  if (signedAt < now - MAX_AGE_MS) {
    return `Signature expired: ${signed} is now earlier than ${formatTimestamp(now - MAX_AGE_MS)} (${server} - 15 min.)`;
  }
  if (signedAt > now + MAX_AHEAD_MS) {
    return `Signature not yet current: ${signed} is still later than ${formatTimestamp(now + MAX_AHEAD_MS)} (${server} + 5 min.)`;
  }
  return undefined;
}

function checkSignedHeaders(signed: string[], headers: Map<string, string>): string | undefined {
  if (!signed.includes('host')) {
    return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
  }
  const unsigned = [...headers.keys()].filter((name) => name.startsWith('x-amz-') && !signed.includes(name));
  if (unsigned.length > 0) return `Every x-amz- header must be signed; not signed: ${unsigned.join(', ')}`;
  return undefined;
}

function checkSignature(
  request: ReceivedRequest,
  headers: Map<string, string>,
  authorization: Authorization,
  timestamp: string,
  secret: string,
): string | undefined {
  const signedHeaders = authorization.signedHeaders.toSorted();
  const canonicalRequest = [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    ...signedHeaders.map((name) => `${name}:${headers.get(name) ?? ''}`),
    '',
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
  const stringToSign = [ALGORITHM, timestamp, authorization.scope.join('/'), sha256(canonicalRequest)].join('\n');
  let key: Buffer | string = `AWS4${secret}`;
  for (const part of authorization.scope) key = hmac(key, part);
  if (hmac(key, stringToSign).toString('hex') === authorization.signature) return undefined;
  return 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
}

/** Dot segments and empty segments resolved, then encoded once more: for all services but S3 the path is encoded twice. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  const parts = path.split('/').slice(1);
  for (const part of parts) {
    if (part === '..') segments.pop();
    else if (part !== '' && part !== '.') segments.push(encode(part));
  }
  const last = parts.at(-1);
  const slash = segments.length > 0 && (last === '' || last === '.' || last === '..') ? '/' : '';
  return `/${segments.join('/')}${slash}`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    return [encode(decode(name)), encode(decode(value))] as const;
  });
  pairs.sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A stray `%` stays as it is: the signature then decides. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** RFC 3986: everything but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer | string, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
