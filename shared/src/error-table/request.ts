import { e, type ErrorEntry } from './entry.ts';

/** What the credentials endpoint answers to a request that is not in order. */
export const REQUEST = {
  HostForbidden: e(
    403,
    'The Host header is not 127.0.0.1.',
    'Ask http://127.0.0.1 directly: a name that was rebound to it is refused.',
  ),
  BrowserForbidden: e(
    403,
    'The request comes from a page in a browser.',
    'Leave out the headers Origin, Referer and Sec-Fetch-Site: no SDK sends them.',
  ),
  PathUnknown: e(404, 'There is nothing at this path.', 'Use the URL in AWS_CONTAINER_CREDENTIALS_FULL_URI as it is.'),
  MethodNotAllowed: e(405, 'This path does not answer the method.', 'Use the one in the Allow header.'),
  TokenMissing: e(
    401,
    'The request has no Authorization header.',
    'Use an SDK that reads AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE (of 2024 or later), or set the annotation rolechain.io/authorization-token: env on the pod.',
  ),
  TokenUnknown: e(
    401,
    'The Authorization header is not a token of this pod.',
    'Read the token file again, without a newline at its end.',
  ),
  TokenReplaced: e(
    503,
    'The token was replaced when the sidecar started again.',
    'SDKs read its file again automatically. Restart a program that reads it only once.',
  ),
  RoleForbidden: e(
    403,
    'The token is not that of this role, or the role does not exist.',
    "Use the URL and token file that stand in this container's environment.",
  ),
  RequestMalformed: e(
    400,
    'The request is not HTTP as this server reads it.',
    'Send a plain GET request with small headers.',
  ),
  TooManyRequests: e(
    503,
    'Too many requests wait for the same credentials.',
    'Ask less often; use one credential provider per process.',
  ),
  InternalError: e(500, 'Internal error: this is a bug in rolechain.', 'Report it with the log line of this code.'),
} as const satisfies Record<string, ErrorEntry>;
