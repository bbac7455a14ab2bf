import { CodedError } from '@rolechain/shared';
import { stsError, type StsCall } from './errors.ts';

const CALL: StsCall = {
  action: 'AssumeRole',
  roleARN: 'arn:aws:iam::222222222222:role/orders',
  region: 'eu-central-1',
  secrets: ['our-secret'],
};

/** As the SDK throws what STS answered. */
function service(Code: string, httpStatusCode: number, message = 'Its text'): Error {
  return Object.assign(new Error(message), { name: Code, Code, $fault: 'client', $metadata: { httpStatusCode } });
}

test.each<[string, number, string]>([
  ['AccessDenied', 403, 'StsAccessDenied'],
  ['Throttling', 400, 'StsThrottled'],
  ['ThrottlingException', 400, 'StsThrottled'],
  ['RequestLimitExceeded', 503, 'StsThrottled'],
  ['ServiceUnavailable', 503, 'StsUnavailable'],
  ['InternalFailure', 500, 'StsUnavailable'],
  ['IDPCommunicationError', 400, 'StsUnavailable'],
  ['ValidationError', 400, 'StsRejected'],
  ['MalformedPolicyDocument', 400, 'StsRejected'],
  ['PackedPolicyTooLarge', 400, 'StsRejected'],
  ['RegionDisabledException', 403, 'StsRegionDisabled'],
  ['ExpiredToken', 403, 'StsCredentialsExpired'],
  ['ExpiredTokenException', 400, 'StsCredentialsExpired'],
  ['InvalidClientTokenId', 403, 'StsCredentialsExpired'],
  ['SignatureDoesNotMatch', 403, 'StsCredentialsExpired'],
  ['InvalidIdentityToken', 400, 'StsTokenRejected'],
  ['IDPRejectedClaim', 403, 'StsTokenRejected'],
  ['SomethingNew', 400, 'StsRejected'],
  ['SomethingNew', 403, 'StsAccessDenied'],
  ['SomethingNew', 429, 'StsThrottled'],
  ['SomethingNew', 500, 'StsUnavailable'],
  ['toString', 400, 'StsRejected'],
])('%s with status %i is %s', (wire, status, code) => {
  const error = stsError(service(wire, status), CALL);
  expect(error).toMatchObject({ code });
  expect(error.message).toContain(`AssumeRole ${CALL.roleARN} (eu-central-1): ${wire}: Its text.`);
});

test.each<[string, object | undefined, string, string]>([
  ['refused', { code: 'ECONNREFUSED', address: '10.0.0.1' }, 'StsUnreachable', 'ECONNREFUSED 10.0.0.1.'],
  ['no such name', { code: 'ENOTFOUND', hostname: 'sts.x' }, 'StsUnreachable', 'ENOTFOUND sts.x.'],
  ['a certificate', { code: 'CERT_HAS_EXPIRED' }, 'StsUnreachable', 'CERT_HAS_EXPIRED.'],
  ['cut in the answer', { code: 'ECONNRESET', $metadata: { httpStatusCode: 200 } }, 'StsUnreachable', 'ECONNRESET.'],
  ['a timeout', { name: 'TimeoutError', $metadata: {} }, 'StsUnreachable', 'no answer in time.'],
  ['given up', { name: 'AbortError' }, 'StsUnreachable', 'no answer in time.'],
  [
    'a proxy that is ill',
    { name: 'Unknown', $metadata: { httpStatusCode: 503 } },
    'StsUnavailable',
    'HTTP status 503.',
  ],
  [
    'a proxy that forbids',
    { name: 'Error', $metadata: { httpStatusCode: 403 } },
    'StsInvalidResponse',
    'HTTP status 403.',
  ],
  ['a redirection', { name: 'Unknown', $metadata: { httpStatusCode: 302 } }, 'StsInvalidResponse', 'HTTP status 302.'],
  [
    'no XML',
    { name: 'Error', message: 'the whole body', $metadata: { httpStatusCode: 200 } },
    'StsInvalidResponse',
    'status 200.',
  ],
  ['undefined', undefined, 'StsUnreachable', 'no connection.'],
])('%s', (_name, thrown, code, detail) => {
  const error = stsError(thrown, CALL);
  expect(error).toMatchObject({ code, message: expect.stringMatching(new RegExp(`${detail}$`)) });
  expect(error.message).not.toContain('the whole body');
});

test.each<[string, object, string]>([
  ['refused', { code: 'ECONNREFUSED', address: '10.0.0.1' }, 'sts.x: ECONNREFUSED (10.0.0.1).'],
  ['no such name', { code: 'ENOTFOUND', hostname: 'sts.x' }, 'sts.x: ENOTFOUND.'],
  ['no such name, of a proxy', { code: 'ENOTFOUND', hostname: 'proxy' }, 'sts.x: ENOTFOUND proxy.'],
  ['a certificate', { code: 'CERT_HAS_EXPIRED' }, 'sts.x: CERT_HAS_EXPIRED.'],
  ['given up', { name: 'AbortError' }, 'sts.x: no answer in time.'],
  ['anything else', {}, 'sts.x: no connection.'],
])('STS that is not reached is named: %s', (_name, thrown, detail) => {
  const { code, message } = stsError(thrown, { ...CALL, host: 'sts.x' });
  expect([code, message.endsWith(`(eu-central-1): ${detail}`)]).toEqual(['StsUnreachable', true]);
});

test.each<[string, object, RegExp]>([
  ['ENOTFOUND', { code: 'ENOTFOUND' }, /DNS, and check that the name exists: nslookup sts\.x\.$/],
  ['no answer', { name: 'TimeoutError' }, /^Allow egress from the pod to sts\.x, port 443/],
  ['no way', { code: 'EHOSTUNREACH' }, /^Allow egress from the pod to sts\.x, port 443/],
  ['a private CA', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }, /NODE_EXTRA_CA_CERTS\.$/],
  ['refused', { code: 'ECONNREFUSED' }, /^Check DNS, egress rules/],
  ['no connection', {}, /^Check DNS, egress rules/],
])('what to do where STS is not reached: %s', (_name, thrown, fix) => {
  expect(stsError(thrown, { ...CALL, host: 'sts.x' }).fix).toMatch(fix);
});

test('the port of an endpoint that has one of its own', () => {
  const { fix } = stsError({ name: 'TimeoutError' }, { ...CALL, host: 'sts.x', port: 8443 });
  expect(fix).toMatch(/to sts\.x, port 8443: /);
});

test('an error of the table stays as it is', () => {
  const error = new CodedError('StsInvalidResponse', 'x');
  expect(stsError(error, CALL)).toBe(error);
});

test("neither the external ID nor the token is repeated where STS repeats it, nor more than a line's worth", () => {
  const message = `1 validation error detected: Value 'our-secret' at 'externalId' failed to satisfy constraint`;
  expect(stsError(service('ValidationError', 400, message), CALL).message).not.toContain('our-secret');
  const other = `Value 'of-a-profile' at 'externalId' failed`;
  expect(stsError(service('ValidationError', 400, other), CALL).message).not.toContain('of-a-profile');
  const token = `eyJhbGciOiJSUzI1NiJ9.${'p'.repeat(50)}.sig`;
  const long = stsError(service('InvalidIdentityToken', 400, `got ${token}\n${'x '.repeat(5000)}`), CALL).message;
  expect(long).toContain('got <token> x x');
  expect(long.length).toBeLessThan(900);
  expect(long).not.toContain('\n');
});
