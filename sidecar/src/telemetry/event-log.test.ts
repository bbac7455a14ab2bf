import fc from 'fast-check';
import { CodedError, LIMITS, type ErrorCode, type Logger } from '@rolechain/shared';
import { runs } from '@rolechain/kit/runs.ts';
import { logServedStale, logClock, logFetches, logPersistent, logRefusals, type FetchLog } from './event-log.ts';
import { makeRoleRefresher } from '../refresh/role-refresher.ts';
import { makeSession } from '../testing/sessions.ts';
import { makeSimClock, type SimClock } from '../testing/sim-clock.ts';
import { makeScript, type Step } from '../testing/sts-script.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');

const QUIET_MS = LIMITS.failureLogSeconds * 1000;

interface Line {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly level: string;
  readonly fields: Record<string, unknown>;
}

function recorder(): { lines: Line[]; log: FetchLog; clock: SimClock } {
  const clock = makeSimClock();
  const lines: Line[] = [];
  const at = (level: string) => (fields: Record<string, unknown>) => lines.push({ at: clock.uptime(), level, fields });
  const log = logFetches({ info: at('info'), warn: at('warn'), error: at('error') } as unknown as Logger, clock);
  return { lines, log, clock };
}

const event = (failures: number, error?: CodedError) => ({
  role: 'default',
  failures,
  nextAt: NOW + 5000,
  ...(error ? { error } : {}),
});

test('a good fetch: role and times, never the credentials', () => {
  const { lines, log } = recorder();
  log({ ...event(0), session: makeSession(NOW, 60, 'ASIAKEYID') });
  expect(lines).toEqual([
    {
      at: 0,
      level: 'info',
      fields: { role: 'default', expires: '2026-11-22T13:00:00.000Z', next: '2026-11-22T12:00:05.000Z' },
    },
  ]);
});

test('of failures in a row the 1st, 2nd, 4th, 8th, and every change of the code', () => {
  const { lines, log } = recorder();
  for (let n = 1; n <= 10; n++) log(event(n, new CodedError('StsUnreachable')));
  log(event(11, new CodedError('StsAccessDenied', 'User: x.')));
  log(event(12, new CodedError('StsAccessDenied', 'User: x.')));
  log(event(13, new CodedError('StsUnreachable')));
  expect(lines.map(({ fields }) => [fields.failures, fields.code])).toEqual([
    [1, 'StsUnreachable'],
    [2, 'StsUnreachable'],
    [4, 'StsUnreachable'],
    [8, 'StsUnreachable'],
    [11, 'StsAccessDenied'],
    [13, 'StsUnreachable'],
  ]);
  expect(lines[4]).toEqual({
    at: 0,
    level: 'warn',
    fields: expect.objectContaining({ error: expect.stringContaining('User: x.'), fix: expect.stringMatching(/./) }),
  });
});

test('a failure after a good fetch is news', () => {
  const { lines, log } = recorder();
  const error = new CodedError('StsUnreachable');
  for (const e of [event(1, error), event(0), event(1, error)]) log(e);
  expect(lines.map((line) => line.level)).toEqual(['warn', 'info', 'warn']);
});

test('a failure that lasts has a line in any 5 minutes, and none once it has ended or the log has stopped', async () => {
  const { lines, log, clock } = recorder();
  const session = makeSession(clock.now(), 60);
  log({ ...event(1, new CodedError('StsThrottled')), session });
  // Throttled with a valid session, the next try may be a quarter of an hour away.
  await clock.advance(3.5 * QUIET_MS);
  expect(lines.map(({ at, level }) => [at, level])).toEqual([0, 1, 2, 3].map((n) => [n * QUIET_MS, 'warn']));
  expect(lines.at(-1)?.fields).toMatchObject({ failures: 1, since: '2026-11-22T12:00:00.000Z' });
  log({ ...event(0), session });
  await clock.advance(3 * QUIET_MS);
  expect(lines).toHaveLength(5);
  log({ ...event(1, new CodedError('StsThrottled')), session });
  log.stop();
  await clock.advance(3 * QUIET_MS);
  expect(lines).toHaveLength(6);
  expect(clock.pending()).toBe(0);
});

test('an error once the session has ended, and where there was none when the pod should have started', async () => {
  const { lines, log, clock } = recorder();
  const failed = event(3, new CodedError('StsAccessDenied'));
  const session = makeSession(clock.now(), 1);
  log(failed);
  log({ ...failed, role: 'other', session });
  await clock.advance(LIMITS.startupSeconds * 1000 - 1);
  log(failed);
  await clock.advance(1);
  log(failed);
  log({ ...failed, role: 'other', session });
  await clock.advance(LIMITS.startupSeconds * 1000);
  log({ ...failed, role: 'other', session });
  expect(lines.map(({ level, fields }) => [level, fields.role])).toEqual([
    ['warn', 'default'],
    ['warn', 'other'],
    ['error', 'default'],
    ['error', 'other'],
  ]);
});

test('whatever fetches end with: while a role fails, a line in any 5 minutes, which says whether its session has ended', async () => {
  const step = fc.oneof<fc.Arbitrary<Step>[]>(
    fc.integer({ min: 15, max: 60 }),
    fc.constantFrom<ErrorCode[]>('StsThrottled', 'StsAccessDenied', 'StsUnreachable'),
  );
  const phase = fc.record({ lasts: fc.integer({ min: 1, max: 3_600_000 }), ends: step });
  await fc.assert(
    fc.asyncProperty(fc.array(phase, { minLength: 1, maxLength: 6 }), async (phases) => {
      const { lines, log, clock } = recorder();
      const script = makeScript(clock, 100);
      /** When a role began to fail, when it was well again. */
      const failing: { from: number; to: number }[] = [];
      const refresher = makeRoleRefresher({
        role: 'default',
        fetch: script.fetch,
        clock,
        onFetched: (fetched) => {
          log(fetched);
          const last = failing.at(-1);
          if (fetched.error && last?.to !== Infinity) failing.push({ from: clock.uptime(), to: Infinity });
          if (!fetched.error && last?.to === Infinity) last.to = clock.uptime();
        },
      });
      refresher.start();
      for (const { lasts, ends } of phases) {
        script.then(ends);
        await clock.advance(lasts);
      }
      const failures = lines.filter(({ level }) => level !== 'info');
      for (const { from, to } of failing) {
        const until = Math.min(to, clock.uptime());
        const told = failures.filter(({ at }) => at >= from && at <= until).map(({ at }) => at);
        const gaps = [...told, until].map((at, i) => at - (told[i - 1] ?? from));
        expect(Math.max(...gaps)).toBeLessThan(300_000);
      }
      const start = clock.now() - clock.uptime();
      for (const { at, level, fields } of failures) {
        const ended = fields.expires === undefined ? at >= 30_000 : Date.parse(fields.expires as string) <= start + at;
        expect(level).toBe(ended ? 'error' : 'warn');
      }
      refresher.stop();
      log.stop();
      // The fetch that runs.
      await clock.advance(100);
      expect(clock.pending()).toBe(0);
    }),
    { numRuns: runs(40) },
  );
});

test('of a defect its name and places, not its words', () => {
  const { lines, log } = recorder();
  log(event(1, new CodedError('InternalError', '', { cause: new TypeError('what it said') })));
  expect(lines[0]?.fields).toMatchObject({
    code: 'InternalError',
    cause: 'TypeError',
    stack: expect.stringMatching(/^at /),
  });
  expect(JSON.stringify(lines)).not.toContain('what it said');
});

test('refused requests are logged ever more rarely; those that only found no credentials are not', async () => {
  const lines: unknown[] = [];
  const clock = makeSimClock();
  const log = logRefusals({ info: (fields: unknown) => lines.push(fields) } as unknown as Logger, clock);
  for (let n = 0; n < 5; n++) log('TokenMissing');
  log('RoleForbidden');
  log('StsAccessDenied');
  log(undefined);
  await clock.advance(QUIET_MS);
  for (let n = 0; n < 2; n++) log('TokenMissing');
  expect(lines).toEqual([
    ...[1, 2, 4].map((times) => expect.objectContaining({ code: 'TokenMissing', times })),
    expect.objectContaining({ code: 'RoleForbidden', times: 1, fix: expect.stringMatching(/./) }),
    expect.objectContaining({ code: 'TokenMissing', times: 6 }),
  ]);
});

test('of failures that kept credentials stood in for, the 1st, 2nd, 4th of each code, and one after 4 minutes', async () => {
  const warn = jest.fn();
  const clock = makeSimClock();
  const log = logServedStale({ warn } as unknown as Logger, clock);
  for (let n = 1; n <= 5; n++) log(new CodedError('AgentUnreachable'));
  await clock.advance(QUIET_MS);
  for (let n = 6; n <= 7; n++) log(new CodedError('AgentUnreachable'));
  expect(warn.mock.calls.map(([fields]: [{ code: string; times: number }]) => [fields.code, fields.times])).toEqual(
    [1, 2, 4, 6].map((times) => ['AgentUnreachable', times]),
  );
});

test('an error that is met each second: once, again after 4 minutes, and at once where its text is another', async () => {
  const error = jest.fn();
  const clock = makeSimClock();
  const log = logPersistent({ error } as unknown as Logger, clock, 'port not open');
  const times: number[] = [];
  const told = (detail: string): void => {
    const before = error.mock.calls.length;
    expect(log(new CodedError('ListenFailed', detail))).toMatchObject({ code: 'ListenFailed' });
    if (error.mock.calls.length > before) times.push(clock.uptime());
  };
  for (let second = 0; second < 600; second++) {
    told('Port 1.');
    await clock.advance(1000);
  }
  told('Port 2.');
  expect(times).toEqual([0, QUIET_MS, 2 * QUIET_MS, 600_000]);
});

test('a wrong clock is told once, again when it is off by another minute, and when it is right again', () => {
  const lines: [string, unknown, unknown][] = [];
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    lines.push([level, fields.offsetSeconds, message]);
  const log = logClock({ info: at('info'), warn: at('warn') } as unknown as Logger);
  for (const seconds of [0, 60, -60, 61, 61.4, 100, 121, 122, -3000, -2960, 10, 0, -61]) log(seconds * 1000);
  const wrong = "the node's clock is wrong";
  expect(lines).toEqual([
    ['warn', 61, wrong],
    ['warn', 122, wrong],
    ['warn', -3000, wrong],
    ['info', 10, "the node's clock is right again"],
    ['warn', -61, wrong],
  ]);
});

test('the warning of a wrong clock names limit, side and fix', () => {
  const told: Record<string, unknown>[] = [];
  const log = logClock({ warn: (fields: Record<string, unknown>) => told.push(fields) } as unknown as Logger);
  log(-3_000_000);
  expect(told).toEqual([
    {
      code: 'StsClockSkew',
      error: expect.stringMatching(/It is 3000 s ahead of that of AWS; it is corrected\.$/),
      fix: expect.stringMatching(/NTP \(chrony\).*24 hours/),
      offsetSeconds: -3000,
      limitSeconds: 60,
    },
  ]);
});
