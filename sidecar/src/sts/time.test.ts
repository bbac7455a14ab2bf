import { makeSimClock, type SimClock } from '../testing/sim-clock.ts';
import { inTime, learnFromSession, readingOf } from './time.ts';

const MINUTE = 60_000;
const heard = { time: Date.parse('2026-11-22T13:00:00Z'), sentAt: 0, receivedAt: 10 };
const refusal = (Code: string, message = ''): object => ({ Code, message });
const EXPIRED = 'Signature expired: 20261122T110000Z is now earlier than 20261122T114500Z (20261122T120000Z - 15 min.)';
const EARLY =
  'Signature not yet current: 20261122T130000Z is still later than 20261122T120500Z (20261122T120000Z + 5 min.)';
const IN_TEXT = Date.parse('2026-11-22T12:00:00Z');

test.each<[string, unknown, number | undefined]>([
  ['the time in the text of a refusal goes before Date', refusal('SignatureDoesNotMatch', EXPIRED), IN_TEXT],
  ['also of one that is early', refusal('SignatureDoesNotMatch', EARLY), IN_TEXT],
  ['also under a code that has other meanings', refusal('AccessDenied', EARLY), IN_TEXT],
  [
    'a text with an impossible time: Date',
    refusal('SignatureDoesNotMatch', EXPIRED.replace('1122T12', '9922T12')),
    heard.time,
  ],
  ['EC2’s form, and codes without a text', refusal('RequestExpired', 'Request has expired.'), heard.time],
  ['a signature that may be wrong for its time', refusal('SignatureDoesNotMatch', 'we calculated'), heard.time],
  ['RequestTimeTooSkewed', refusal('RequestTimeTooSkewed'), heard.time],
  ['a refusal of another kind', refusal('AccessDenied', 'is not authorized'), undefined],
  ['throttling', refusal('Throttling'), undefined],
  ['what is no answer of STS', new Error('socket hang up'), undefined],
  ['nothing', undefined, undefined],
])('%s', (_name, thrown, time) => {
  expect(readingOf(thrown, heard)?.time).toBe(time);
  expect(readingOf(thrown, undefined)).toBeUndefined();
});

test.each<[string, number, boolean]>([
  ['the whole duration', 3600, true],
  ['less', 5, true],
  ['a minute more', 3660, true],
  // Something on the way writes a Date of its own.
  ['more', 3661, false],
  ['nothing', 0, false],
  ['less than nothing', -1, false],
])('of a session of an hour, %s is left by its Date', (_name, left, believed) => {
  const clock = makeSimClock();
  learnFromSession(clock, heard, heard.time + left * 1000, 3600);
  expect(clock.known()).toBe(believed);
});

test('a session without a Date, or without an end, teaches nothing', () => {
  const clock = makeSimClock();
  learnFromSession(clock, undefined, heard.time, 3600);
  learnFromSession(clock, heard, undefined, 3600);
  learnFromSession(clock, heard, NaN, 3600);
  expect(clock.known()).toBe(false);
});

describe('a call that is refused', () => {
  /** Ends with these, one a try. */
  async function call(clock: SimClock, ends: readonly (string | Error)[], said?: number): Promise<unknown> {
    let tries = 0;
    const attempt = async (): Promise<string> => {
      const end = ends[tries++] ?? 'too often';
      if (typeof end === 'string') return end;
      throw end;
    };
    const time = said === undefined ? undefined : { time: said, sentAt: 0, receivedAt: 0 };
    const [outcome] = await Promise.allSettled([inTime(clock, attempt, () => time)]);
    return [tries, outcome.status === 'fulfilled' ? outcome.value : outcome.reason];
  }
  const refused = new Error('refused');

  test.each([-50, -5, 5, 50, 1439])(
    'for a time that is %i minutes off is sent once more, with what was learned',
    async (minutes) => {
      const clock = makeSimClock();
      expect(await call(clock, [refused, 'session'], clock.wall() + minutes * MINUTE)).toEqual([2, 'session']);
      expect(Math.abs(clock.offset() - minutes * MINUTE)).toBeLessThanOrEqual(1000);
    },
  );

  test.each<[string, number | undefined]>([
    ['for something else', undefined],
    ['though its time was right', 0],
    ['for a time that is less off than STS refuses', 3 * MINUTE],
    ['by what is a day away', 1441 * MINUTE],
  ])('%s is not', async (_name, off) => {
    const clock = makeSimClock();
    const said = off === undefined ? undefined : clock.wall() + off;
    expect(await call(clock, [refused, 'session'], said)).toEqual([1, refused]);
  });

  test('twice is refused', async () => {
    const clock = makeSimClock();
    const again = new Error('again');
    expect(await call(clock, [refused, again, 'session'], clock.wall() + 50 * MINUTE)).toEqual([2, again]);
  });
});
