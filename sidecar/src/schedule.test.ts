import fc from 'fast-check';
import { refreshAt, refreshMargin, retryAt } from './schedule.ts';
import type { Session } from './session.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A session of which only the times count. */
function session(obtainedAt: number, expiresAt: number): Session {
  return { accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T', obtainedAt, expiresAt };
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
  const delays = (terminal: boolean, random: number): number[] =>
    [1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => retryAt(NOW, { failures, terminal }, () => random) - NOW);

  test('without a session: doubling from half a second, up to 5 s or 30 s, half of it random', () => {
    // With a chance just under 1, the delays are the whole ones.
    expect(delays(false, 1).map(Math.round)).toEqual([500, 1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000]);
    expect(delays(true, 1).map(Math.round)).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    expect(delays(true, 0)).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
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
    expect(retryAt(NOW, { failures: 50, terminal: false, session: session(0, NOW) }, () => 1) - NOW).toBe(5000);
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

function time(): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: Date.parse('2100-01-01') });
}

function chance(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
}
