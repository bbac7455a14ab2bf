import { CodedError, type ErrorCode } from '@rolechain/shared';
import { SERVED_STALE, isReusable, makeBaseCache, makeSessionCache, type CredentialCache } from './credential-cache.ts';
import type { Session } from '../model/session.ts';
import { makeSession, MINUTE } from '../testing/sessions.ts';

let now = 0;
let fetches = 0;
beforeEach(() => {
  now = Date.parse('2026-11-22T12:00:00Z');
  fetches = 0;
});

const fetchOf = (minutes: number) => async (): Promise<Session> => makeSession(now, minutes, `fetch ${++fetches}`);

test.each([
  [60, 0, true],
  [60, 39, true],
  // The margin of an hour is 20 minutes.
  [60, 40, false],
  [60, 61, false],
  [15, 7, true],
  [15, 8, false],
])('of %i minutes, after %i: reusable %s', (minutes, after, expected) => {
  const session = makeSession(now, minutes);
  expect(isReusable(session, now + after * MINUTE)).toBe(expected);
});

test('one fetch for all who ask at once, and for those who come while it is long enough', async () => {
  const { get } = makeSessionCache(() => now);
  const sessions = await Promise.all([get('k', fetchOf(60)), get('k', fetchOf(60)), get('other', fetchOf(60))]);
  expect(sessions.map((s) => s.credentials.accessKeyId)).toEqual(['fetch 1', 'fetch 1', 'fetch 2']);
  now += 39 * MINUTE;
  expect((await get('k', fetchOf(60))).credentials.accessKeyId).toBe('fetch 1');
  now += MINUTE;
  expect((await get('k', fetchOf(60))).credentials.accessKeyId).toBe('fetch 3');
});

test('a fetch that fails is told to all who wait, and begun again for the next', async () => {
  const { get } = makeSessionCache(() => now);
  const failing = jest.fn(async (): Promise<Session> => {
    throw new CodedError('StsThrottled');
  });
  const both = await Promise.allSettled([get('k', failing), get('k', failing)]);
  expect(both.map((one) => one.status)).toEqual(['rejected', 'rejected']);
  expect(failing).toHaveBeenCalledTimes(1);
  expect((await get('k', fetchOf(60))).credentials.accessKeyId).toBe('fetch 1');
});

test.each<[string, ErrorCode, number, boolean]>([
  ['refused as expired', 'StsCredentialsExpired', 0, true],
  ['a refusal, at once', 'StsAccessDenied', 0, false],
  ['a refusal of an older session, whose tags may be at fault', 'StsAccessDenied', 1, true],
  ['what passes', 'StsThrottled', 10, false],
  ['refused for the time of the signature', 'StsClockSkew', 10, false],
])('%s', async (_name, code, minutes, dropped) => {
  const { get, refused } = makeSessionCache(() => now);
  const { credentials: session } = await get('k', fetchOf(60));
  now += minutes * MINUTE;
  refused('k', session, new CodedError(code));
  expect((await get('k', fetchOf(60))).credentials !== session).toBe(dropped);
});

test('what another role has replaced stays', async () => {
  const { get, refused } = makeSessionCache(() => now);
  const { credentials: old } = await get('k', fetchOf(60));
  refused('k', old, new CodedError('StsCredentialsExpired'));
  const { credentials: fresh } = await get('k', fetchOf(60));
  refused('k', old, new CodedError('StsCredentialsExpired'));
  expect((await get('k', fetchOf(60))).credentials).toBe(fresh);
});

describe('when the renewal fails', () => {
  const failing = (code: ErrorCode) => (): Promise<never> => Promise.reject(new CodedError(code));
  const kinds = { 'a hop': makeSessionCache, 'base credentials': makeBaseCache };

  describe.each(Object.entries(kinds))('of %s', (_kind, make) => {
    const bridged: ErrorCode[] = [];
    const keep = async (): Promise<CredentialCache<Session>> => {
      bridged.length = 0;
      const kept = make(
        () => now,
        ({ code }) => void bridged.push(code),
      ) as CredentialCache<Session>;
      await kept.get('k', fetchOf(60));
      now += 50 * MINUTE;
      return kept;
    };

    test.each([...SERVED_STALE])('in passing (%s), what is kept stands in to its last second', async (code) => {
      const kept = await keep();
      expect(await kept.get('k', failing(code))).toMatchObject({
        credentials: { accessKeyId: 'fetch 1' },
        bridged: { code },
      });
      expect(bridged).toEqual([code]);
      now += 10 * MINUTE;
      await expect(kept.get('k', failing(code))).rejects.toMatchObject({ code });
      expect(bridged).toEqual([code]);
    });

    test.each<ErrorCode>([
      'AgentNoAssociation',
      'AgentRefused',
      'StsAccessDenied',
      'StsTokenRejected',
      'EnvironmentEmpty',
      'EnvironmentInvalid',
      'TokenRequestForbidden',
      'TokenRequestRefused',
      'TokenRequestAccountMissing',
    ])('by a refusal (%s), nothing stands in, nor later', async (code) => {
      const kept = await keep();
      await expect(kept.get('k', failing(code))).rejects.toMatchObject({ code });
      await expect(kept.get('k', failing('AgentUnreachable'))).rejects.toMatchObject({ code: 'AgentUnreachable' });
      expect(bridged).toEqual([]);
    });

    test('what STS called expired does not stand in', async () => {
      const kept = await keep();
      const { credentials } = await kept.get('k', failing('StsThrottled'));
      kept.refused('k', credentials, new CodedError('StsCredentialsExpired'));
      await expect(kept.get('k', failing('StsThrottled'))).rejects.toMatchObject({ code: 'StsThrottled' });
    });
  });

  test('keys without an end stand in for an hour', async () => {
    const { get } = makeBaseCache(() => now);
    await get('k', () => Promise.resolve({ accessKeyId: 'AKIA', secretAccessKey: 's' }));
    now += 59 * MINUTE;
    expect((await get('k', failing('EnvironmentFailed'))).credentials.accessKeyId).toBe('AKIA');
    now += MINUTE;
    await expect(get('k', failing('EnvironmentFailed'))).rejects.toMatchObject({ code: 'EnvironmentFailed' });
  });
});

test('the base identity is asked each time, but once by all who ask together', async () => {
  const { get } = makeBaseCache(() => now);
  await Promise.all([get('k', fetchOf(60)), get('k', fetchOf(60))]);
  expect(fetches).toBe(1);
  expect((await get('k', fetchOf(60))).credentials.accessKeyId).toBe('fetch 2');
});
