import { CodedError, type Logger } from '@rolechain/shared';
import { logServedStale, logClock, logFetches, logRefusals } from './event-log.ts';
import { makeSession } from '../testing/sessions.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');

interface Line {
  readonly level: string;
  readonly fields: Record<string, unknown>;
}

function recorder(): { lines: Line[]; log: ReturnType<typeof logFetches> } {
  const lines: Line[] = [];
  const at = (level: string) => (fields: Record<string, unknown>) => lines.push({ level, fields });
  return { lines, log: logFetches({ info: at('info'), warn: at('warn') } as unknown as Logger) };
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

test('refused requests are logged ever more rarely; those that only found no credentials are not', () => {
  const lines: unknown[] = [];
  const log = logRefusals({ info: (fields: unknown) => lines.push(fields) } as unknown as Logger);
  for (let n = 0; n < 5; n++) log('TokenMissing');
  log('RoleForbidden');
  log('StsAccessDenied');
  log(undefined);
  expect(lines).toEqual([
    ...[1, 2, 4].map((times) => expect.objectContaining({ code: 'TokenMissing', times })),
    expect.objectContaining({ code: 'RoleForbidden', times: 1, fix: expect.stringMatching(/./) }),
  ]);
});

test('of failures that kept credentials stood in for, the 1st, 2nd, 4th of each code', () => {
  const warn = jest.fn();
  const log = logServedStale({ warn } as unknown as Logger);
  for (let n = 1; n <= 5; n++) log(new CodedError('AgentUnreachable'));
  expect(warn.mock.calls.map(([fields]: [{ code: string; times: number }]) => [fields.code, fields.times])).toEqual(
    [1, 2, 4].map((times) => ['AgentUnreachable', times]),
  );
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
