import { CodedError, ERRORS, type ErrorCode } from '@rolechain/shared';
import { preferring } from './chain.ts';
import { FALLBACK, fallsBack } from './web-identity-fallback.ts';
import { makeSession } from '../testing/sessions.ts';

const DIRECT = makeSession(0, 60, 'direct');
const CHAINED = makeSession(0, 60, 'chained');

test('every code that the call can end with has a row', () => {
  const codes = Object.keys(ERRORS).filter((code) => /^(Sts|BaseToken|TokenRequest)/.test(code));
  expect(Object.keys(FALLBACK).sort()).toEqual(codes.sort());
});

test('nothing that may pass by itself leads to the chain, nor does a defect', () => {
  for (const code of Object.keys(FALLBACK) as ErrorCode[]) {
    if (ERRORS[code].status === 503) expect([code, fallsBack(code)]).toEqual([code, false]);
  }
  expect(fallsBack('InternalError')).toBe(false);
});

test.each<[ErrorCode, string]>([
  ['StsAccessDenied', 'chained'],
  ['StsTokenRejected', 'chained'],
  ['StsRejected', 'StsRejected'],
  ['StsRegionDisabled', 'StsRegionDisabled'],
  ['StsThrottled', 'StsThrottled'],
  ['StsUnavailable', 'StsUnavailable'],
  ['StsUnreachable', 'StsUnreachable'],
  ['StsCredentialsExpired', 'StsCredentialsExpired'],
  ['TokenRequestForbidden', 'TokenRequestForbidden'],
])('%s: %s, and decided afresh the next time', async (code, expected) => {
  let error: CodedError | undefined = new CodedError(code);
  const fetch = preferring(
    async () => {
      if (error) throw error;
      return DIRECT;
    },
    async () => CHAINED,
  );
  const told = await fetch().then(
    (session) => session.accessKeyId,
    (reason: unknown) => (reason as CodedError).code,
  );
  expect(told).toBe(expected);
  error = undefined;
  expect(await fetch()).toBe(DIRECT);
});

test('where both fail, the error is that of the chain, and names both', async () => {
  const fetch = preferring(
    () => Promise.reject(new CodedError('StsAccessDenied', 'No trust.')),
    () => Promise.reject(new CodedError('StsThrottled', 'Slow down.')),
  );
  await expect(fetch()).rejects.toMatchObject({
    code: 'StsThrottled',
    message: expect.stringMatching(/Slow down\. Before it, web identity: .*No trust\. \(StsAccessDenied\)$/),
  });
});
