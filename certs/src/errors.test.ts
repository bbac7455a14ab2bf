import { CertificateError, describeFailure, isFinal, mayPass, statusOf } from './errors.ts';

const withCode = (code: unknown): Error => Object.assign(new Error('secret'), { code });

describe('statusOf', () => {
  it.each([
    [withCode(409), 409],
    [Object.assign(new Error('Gone'), { statusCode: 410 }), 410],
    [withCode('ECONNRESET'), undefined],
    [new DOMException('deadline', 'TimeoutError'), undefined],
    [undefined, undefined],
    [null, undefined],
    ['text', undefined],
  ])('of %p is %p', (error, status) => {
    expect(statusOf(error)).toBe(status);
  });
});

describe('describeFailure', () => {
  it.each([
    [withCode(503), 'HTTP 503'],
    [withCode('ECONNRESET'), 'Error ECONNRESET'],
    [
      new TypeError('fetch failed', { cause: withCode('UND_ERR_CONNECT_TIMEOUT') }),
      'TypeError UND_ERR_CONNECT_TIMEOUT',
    ],
    [new DOMException('deadline', 'TimeoutError'), 'TimeoutError'],
    [withCode('a secret'), 'Error'],
    ['a secret', 'string'],
    [undefined, 'undefined'],
  ])('of %p is %p', (error, text) => {
    expect(describeFailure(error)).toBe(text);
  });
});

it('tries again what may pass, and nothing that was not judged', () => {
  expect([undefined, 401, 404, 409, 429, 500, 504].map(mayPass)).toEqual(Array(7).fill(true));
  expect([400, 403, 405, 413, 422].map(mayPass)).toEqual(Array(5).fill(false));
  expect(isFinal(new CertificateError('CertificatesUnavailable', '', true))).toBe(false);
  expect(isFinal(new CertificateError('CertificatesUnavailable', ''))).toBe(true);
  expect(isFinal(new Error('a defect'))).toBe(true);
});
