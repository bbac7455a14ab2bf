import fc from 'fast-check';
import { refreshMargin, schedule, type Action, type History, type Lifetime, type Random } from './schedule.ts';
import type { Session } from '../model/session.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A session of which only the times count. */
function session(obtainedAt: number, expiresAt: number): Session {
  return { accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T', obtainedAt, expiresAt };
}

/** The refresh of a session that has just come. */
function refreshAt(lifetime: Lifetime, { first }: { first: boolean }, random: Random): number {
  const now = lifetime.obtainedAt;
  return schedule({ now, session: lifetime, history: { endedAt: now, first, failures: 0 } }, random).fetchAt;
}

interface Failed {
  readonly failures: number;
  readonly terminal: boolean;
  readonly throttled?: boolean;
  readonly session?: Lifetime | undefined;
  readonly unservedMs?: number;
}

/** The retry after a failure that has just come. */
function retryAt(now: number, failed: Failed, random: Random): number {
  const { failures, terminal, throttled = false, session: held, unservedMs = 0 } = failed;
  const history = { endedAt: now, first: false, failures, failure: { terminal, throttled }, unservedMs };
  return schedule({ now, session: held, history }, random).fetchAt;
}

describe('when a refresh is due', () => {
  test.each([
    // The contract's example, and the places where the rule changes from one term to the next.
    { length: 60, after: 40 },
    { length: 15, after: 7.5 },
    { length: 40, after: 20 },
    { length: 80, after: 60 },
    { length: 90, after: 67.5 },
    { length: 12 * 60, after: 9 * 60 },
  ])('a session of $length min after $after min', ({ length, after }) => {
    const lifetime = { obtainedAt: 1000, expiresAt: 1000 + length * MINUTE };
    expect(refreshAt(lifetime, { first: false }, () => 0.5)).toBe(1000 + after * MINUTE);
  });

  test('with 40 minutes or more, never under 20 minutes are left', () => {
    fc.assert(
      fc.property(fc.double({ min: 40 * MINUTE, max: 12 * HOUR, noNaN: true }), (length) => {
        expect(refreshMargin(length)).toBeGreaterThanOrEqual(20 * MINUTE);
      }),
    );
  });

  test('the first comes after a twentieth of that time or later, at random', () => {
    const lifetime = { obtainedAt: 0, expiresAt: HOUR };
    expect(refreshAt(lifetime, { first: true }, () => 0)).toBe(2 * MINUTE);
    expect(refreshAt(lifetime, { first: true }, () => 0.5)).toBe(21 * MINUTE);
    expect(refreshAt(lifetime, { first: true }, () => 1 - Number.EPSILON)).toBeCloseTo(40 * MINUTE, 3);
  });

  test('it is finite, not in the past and not after the expiry, whatever the clocks say', () => {
    fc.assert(
      fc.property(
        time(),
        fc.double({ min: -HOUR, max: 12 * HOUR, noNaN: true }),
        chance(),
        fc.boolean(),
        (obtainedAt, length, random, first) => {
          const at = refreshAt({ obtainedAt, expiresAt: obtainedAt + length }, { first }, () => random);
          expect(Number.isFinite(at)).toBe(true);
          expect(at).toBeGreaterThanOrEqual(obtainedAt + 1000);
          expect(at).toBeLessThanOrEqual(Math.max(obtainedAt + 1000, obtainedAt + length));
        },
      ),
    );
  });
});

describe('when to try again', () => {
  const NOW = Date.parse('2026-11-22T12:00:00Z');
  const delays = (failed: Omit<Failed, 'failures'>, random = 1): number[] =>
    [1, 2, 3, 4, 5, 6, 7, 100].map((failures) => Math.round(retryAt(NOW, { failures, ...failed }, () => random) - NOW));

  test.each([false, true])('without a session: doubling from half a second, up to 1 s; throttled: %s', (throttled) => {
    for (const unservedMs of [0, 29_999])
      expect(delays({ terminal: false, throttled, unservedMs })).toEqual([500, ...Array<number>(7).fill(1000)]);
    const later = { terminal: false, throttled, unservedMs: 30_000 };
    expect(delays(later)).toEqual([500, 1000, 2000, 4000, 5000, 5000, 5000, 5000]);
  });

  test('after a refusal up to 5 s, then 30 s, half of it random', () => {
    for (const unservedMs of [0, 119_999])
      expect(delays({ terminal: true, unservedMs })).toEqual([500, 1000, 2000, 4000, 5000, 5000, 5000, 5000]);
    const later = { terminal: true, unservedMs: 120_000 };
    expect(delays(later)).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    expect(delays(later, 0)).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000, 15000]);
  });

  test.each([
    // 12 minutes times the third power of the share of 20 minutes that is left, where no other bound holds.
    { left: 50 * MINUTE, throttled: false, terminal: false, ceiling: 2 * MINUTE },
    { left: 50 * MINUTE, throttled: true, terminal: false, ceiling: 12 * MINUTE },
    { left: 20 * MINUTE, throttled: true, terminal: false, ceiling: 12 * MINUTE },
    { left: 10 * MINUTE, throttled: true, terminal: false, ceiling: 90_000 },
    { left: 10 * MINUTE, throttled: false, terminal: true, ceiling: 90_000 },
    { left: 2 * MINUTE, throttled: false, terminal: false, ceiling: 720 },
    { left: 2 * MINUTE, throttled: false, terminal: true, ceiling: 5_000 },
    { left: 10_000, throttled: true, terminal: false, ceiling: 250 },
    { left: 100, throttled: true, terminal: true, ceiling: 100 },
  ])('with $left ms of an hour left (throttled: $throttled), after $ceiling ms at most', (row) => {
    const { left, ceiling, ...failure } = row;
    const held = session(NOW + left - HOUR, NOW + left);
    const at = retryAt(NOW, { ...failure, failures: 50, session: held }, () => 1);
    expect(at - NOW).toBeCloseTo(ceiling, 3);
  });

  test('where throttled, the first retry is no quicker than the later ones', () => {
    const held = session(NOW - 40 * MINUTE, NOW + 20 * MINUTE);
    const delay = (throttled: boolean): number =>
      retryAt(NOW, { failures: 1, terminal: false, throttled, session: held }, () => 1) - NOW;
    expect(delay(true)).toBe(12 * MINUTE);
    expect(delay(false)).toBe(500);
  });

  test('a session that has ended counts as none', () => {
    const held = session(0, NOW);
    expect(retryAt(NOW, { failures: 50, terminal: false, session: held, unservedMs: MINUTE }, () => 1) - NOW).toBe(
      5000,
    );
  });

  test('it is finite, not in the past, at most 15 minutes away, and not after the expiry of a valid session', () => {
    const failures = fc.integer({ min: 0, max: 1_000_000 });
    const left = fc.option(fc.integer({ min: -HOUR, max: 12 * HOUR }), { nil: undefined });
    const kind = fc.record({ terminal: fc.boolean(), throttled: fc.boolean() });
    fc.assert(
      fc.property(time(), failures, kind, left, chance(), (now, count, { terminal, throttled }, ms, random) => {
        const held = ms === undefined ? undefined : session(now - HOUR, now + ms);
        const at = retryAt(now, { failures: count, terminal, throttled, session: held }, () => random);
        expect(Number.isFinite(at)).toBe(true);
        expect(at).toBeGreaterThanOrEqual(now);
        expect(at).toBeLessThanOrEqual(now + (throttled ? 15.01 : 2.01) * MINUTE);
        if (ms !== undefined && ms > 0) expect(at).toBeLessThanOrEqual(now + ms);
      }),
    );
  });
});

describe('what signed the call ends earlier', () => {
  const due = (signerMinutes: number): number =>
    refreshAt({ obtainedAt: 0, expiresAt: HOUR, signerEndsAt: signerMinutes * MINUTE }, { first: false }, () => 0);

  test.each([
    { signer: 360, after: 40 },
    // An hour each, as with IRSA: no call more than without the rule.
    { signer: 60, after: 40 },
    { signer: 45, after: 40 },
    { signer: 30, after: 25 },
    // A quarter is left where that is less than 5 minutes.
    { signer: 16, after: 12 },
    // The floor.
    { signer: 10, after: 10 },
    { signer: 0, after: 10 },
    { signer: -60, after: 10 },
  ])('after $base min: refresh after $after min', ({ signer, after }) => {
    expect(due(signer)).toBe(after * MINUTE);
  });

  test('the later they end, the later the refresh, and never later than without the rule', () => {
    const minutes = fc.double({ min: -60, max: 720, noNaN: true });
    fc.assert(
      fc.property(minutes, minutes, (a, b) => {
        expect(due(Math.min(a, b))).toBeLessThanOrEqual(due(Math.max(a, b)));
        expect(due(a)).toBeLessThanOrEqual(40 * MINUTE);
      }),
    );
  });
});

describe('the next action', () => {
  const NOW = Date.parse('2026-11-22T12:00:00Z');
  const next = (history: Partial<History>, held?: Lifetime): Action =>
    schedule({ now: NOW, session: held, history: { first: false, failures: 0, ...history } }, () => 1);

  test('before the first fetch: now', () => {
    expect(next({})).toEqual({ fetchAt: NOW, reason: 'start' });
  });

  test('a plan that is made stays, and is due when it has passed', () => {
    const held = session(NOW - MINUTE, NOW + 50 * MINUTE);
    expect(next({ endedAt: NOW - MINUTE, plannedAt: NOW + 7 }, held)).toEqual({ fetchAt: NOW + 7, reason: 'refresh' });
    expect(next({ endedAt: NOW - MINUTE, plannedAt: NOW - 7 }, held)).toEqual({ fetchAt: NOW, reason: 'refresh' });
  });

  test('a clock that went back makes it due; a correction does not', () => {
    const planned = { endedAt: NOW, plannedAt: NOW + HOUR };
    expect(next({ ...planned, lookedAt: NOW + 1001 })).toEqual({ fetchAt: NOW, reason: 'clock' });
    expect(next({ ...planned, lookedAt: NOW + 1000 }).fetchAt).toBe(NOW + HOUR);
  });

  test('after more failures it comes no earlier, and with less time left no later', () => {
    const left = fc.integer({ min: 1, max: 12 * HOUR });
    const count = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(left, left, count, count, fc.boolean(), fc.boolean(), (a, b, m, n, terminal, throttled) => {
        const delay = (ms: number, failures: number): number =>
          retryAt(0, { failures, terminal, throttled, session: session(ms - 12 * HOUR, ms) }, () => 0.5);
        expect(delay(a, Math.min(m, n))).toBeLessThanOrEqual(delay(a, Math.max(m, n)));
        expect(delay(Math.min(a, b), m)).toBeLessThanOrEqual(delay(Math.max(a, b), m));
      }),
    );
  });

  test('whatever has happened and whatever the clocks say, it is finite and not in the past', () => {
    const maybe = fc.option(fc.integer({ min: -13 * HOUR, max: 13 * HOUR }), { nil: undefined });
    const any = fc.record({
      endedAt: maybe,
      plannedAt: maybe,
      lookedAt: maybe,
      first: fc.boolean(),
      failures: fc.nat(),
      unservedMs: fc.nat(),
      failure: fc.option(fc.record({ terminal: fc.boolean(), throttled: fc.boolean() }), { nil: undefined }),
    });
    fc.assert(
      fc.property(any, maybe, maybe, chance(), (history, obtainedAt = 0, length = HOUR, random) => {
        const at = schedule(
          { now: 0, session: { obtainedAt, expiresAt: obtainedAt + length }, history },
          () => random,
        ).fetchAt;
        expect(Number.isFinite(at)).toBe(true);
        expect(at).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

function time(): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: Date.parse('2100-01-01') });
}

function chance(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
}
