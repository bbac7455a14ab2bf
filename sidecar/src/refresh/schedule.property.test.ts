/** What holds of `schedule` whatever has happened and whatever the clocks say. */
import fc from 'fast-check';
import { runs } from '@rolechain/kit/runs.ts';
import { refreshMargin, schedule, type Action, type History, type Lifetime, type Situation } from './schedule.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const NOW = Date.parse('2026-11-22T12:00:00Z');
/** Clocks and sessions: half a day and more to either side. */
const around = fc.integer({ min: -13 * HOUR, max: 13 * HOUR });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const kind = fc.record({ terminal: fc.boolean(), throttled: fc.boolean() });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** `expiresAt` before `obtainedAt` where the clock of STS is behind. */
const lifetime: fc.Arbitrary<Lifetime> = fc
  .tuple(around, fc.integer({ min: -HOUR, max: 12 * HOUR }), maybe(around))
  .map(([obtained, length, base]) => ({
    obtainedAt: NOW + obtained,
    expiresAt: NOW + obtained + length,
    ...(base === undefined ? {} : { signerEndsAt: NOW + base }),
  }));

/** A fetch has ended, and nothing is planned yet. */
const ended: fc.Arbitrary<History> = fc.record({
  endedAt: around.map((ms) => NOW + ms),
  first: fc.boolean(),
  failures: fc.nat(),
  unservedMs: fc.nat(13 * HOUR),
  failure: maybe(kind),
});

/** The wait for the next fetch; `one` is each chance that is asked for. */
const wait = (session: Lifetime | undefined, history: History, one: number): number =>
  schedule({ now: NOW, session, history }, () => one).fetchAt - NOW;

/** Floats: a sum of milliseconds since 1970 is exact to about a quarter of a microsecond. */
const NEARLY = 0.001;

test('a plan is finite, not in the past, and within what its kind allows', () => {
  fc.assert(
    fc.property(maybe(lifetime), ended, chance, (session, history, one) => {
      const ms = wait(session, history, one);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(longest(session, history) + NEARLY);
    }),
    { numRuns: runs(2_000) },
  );
});

/** The longest wait that the contract and the ceilings of `schedule` leave. */
function longest(session: Lifetime | undefined, { failure, unservedMs = 0 }: History): number {
  const length = session ? Math.max(0, session.expiresAt - session.obtainedAt) : 0;
  if (!failure) return session ? Math.max(SECOND, length - refreshMargin(length)) : 0;
  if (session === undefined || session.expiresAt <= NOW) return unserved(failure.terminal, unservedMs);
  return failure.throttled ? 15 * MINUTE : Math.max(2 * MINUTE, failure.terminal ? 5 * SECOND : 0);
}

/** docs/faults.md has these figures. */
function unserved(terminal: boolean, ms: number): number {
  if (terminal) return (ms < 2 * MINUTE ? 5 : 30) * SECOND;
  return (ms < 30 * SECOND ? 1 : 5) * SECOND;
}

test('it is never after the end of a session that is valid, nor after that of what signed its call', () => {
  fc.assert(
    fc.property(lifetime, ended, chance, (session, history, one) => {
      const { obtainedAt, expiresAt, signerEndsAt = Infinity } = session;
      fc.pre(expiresAt > NOW);
      const at = NOW + wait(session, history, one);
      // A second after a session came there is no next one, whatever it is.
      const floor = Math.max(NOW, history.failure ? -Infinity : Math.min(NOW, obtainedAt) + SECOND);
      expect(at).toBeLessThanOrEqual(Math.max(floor, expiresAt) + NEARLY);
      if (history.failure) return;
      const length = expiresAt - obtainedAt;
      const quarter = obtainedAt + (length - refreshMargin(length)) / 4;
      expect(at).toBeLessThanOrEqual(Math.max(floor, signerEndsAt, quarter) + NEARLY);
    }),
    { numRuns: runs(2_000) },
  );
});

test('a retry is never at once, unless a valid session ends then', () => {
  fc.assert(
    fc.property(maybe(lifetime), ended, kind, chance, (session, history, failure, one) => {
      const valid = session !== undefined && session.expiresAt > NOW;
      const left = valid ? session.expiresAt - NOW : Infinity;
      const least = wait(session, { ...history, failure }, one);
      expect(least).toBeGreaterThanOrEqual(Math.min(left, 125) - NEARLY);
      // Grown to its ceiling: what a person has to change is asked for 4 times a minute at most.
      const grown = wait(session, { ...history, failures: 100, failure, unservedMs: 2 * MINUTE }, one);
      if (failure.terminal) expect(grown).toBeGreaterThanOrEqual(Math.min(left, valid ? 2_500 : 15_000) - NEARLY);
    }),
    { numRuns: runs(2_000) },
  );
});

test('of the same chances comes the same action, and a plan that is made takes no chance', () => {
  fc.assert(
    fc.property(maybe(lifetime), ended, chance, around, (session, history, one, later) => {
      const situation: Situation = { now: NOW, session, history };
      const made = schedule(situation, () => one);
      expect(schedule(situation, () => one)).toEqual(made);
      const chances = jest.fn(() => one);
      const looked = { ...history, plannedAt: made.fetchAt, lookedAt: NOW };
      const again: Action = schedule({ now: NOW + later, session, history: looked }, chances);
      expect(chances).not.toHaveBeenCalled();
      // Clocks that go on make it due, one that went back too: there is no wait that a jump makes longer.
      const due = later < -SECOND ? NOW + later : Math.max(NOW + later, made.fetchAt);
      expect(again.fetchAt).toBe(due);
    }),
    { numRuns: runs(2_000) },
  );
});
