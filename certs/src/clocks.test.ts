import { BACKDATED_MS, CERTIFICATE_TIMES } from '@rolechain/shared';
import { MOST_CLOCK_WRITES, isByClock, isClockDoubtful, timeOfMaker, withClockWrite } from './clocks.ts';

const { leafMs } = CERTIFICATE_TIMES;

test.each([
  ...['AuthorityNotYetValid', 'AuthorityExpiring', 'LeafNotYetValid', 'LeafExpiring', 'LeafNotOfAuthority'].map(
    (reason): [string, boolean] => [reason, true],
  ),
  ...['AuthorityMissing', 'AuthorityKeyMismatch', 'LeafMissing', 'LeafNamesDiffer', 'LeafOfFormerAuthority'].map(
    (reason): [string, boolean] => [reason, false],
  ),
])('a write because of %s is one by the clock: %s', (reason, expected) => {
  expect(isByClock({ do: 'renewLeaf', reason })).toBe(expected);
});

test('the last writes by the clock are known, and no others', () => {
  const writes = Array.from({ length: MOST_CLOCK_WRITES + 2 }, (_, i) => i);
  const known = writes.reduce<number[]>(
    (before, elapsed) => withClockWrite(before, { do: 'renewLeaf', reason: 'LeafExpiring' }, { elapsed }),
    [],
  );
  expect(known).toEqual(writes.slice(2));
  expect(withClockWrite(known, { do: 'create' }, { elapsed: 99 })).toEqual(known);
});

test('the clock is doubtful after so many writes within a third of the life of a leaf', () => {
  const at = (count: number, agoMs: number): boolean =>
    isClockDoubtful(Array<number>(count).fill(leafMs), { elapsed: leafMs + agoMs }, CERTIFICATE_TIMES);
  expect(at(MOST_CLOCK_WRITES - 1, 0)).toBe(false);
  expect(at(MOST_CLOCK_WRITES, leafMs / 3 - 1)).toBe(true);
  expect(at(MOST_CLOCK_WRITES, leafMs / 3)).toBe(false);
});

test('the time of who made a leaf is a backdating later than its start, and before its end', () => {
  const at = { wall: 0, elapsed: 7 };
  const from = 1_000_000;
  expect(timeOfMaker({ from, to: from + 2 * BACKDATED_MS }, at)).toEqual({ wall: from + BACKDATED_MS, elapsed: 7 });
  expect(timeOfMaker({ from, to: from + 5 }, at)).toEqual({ wall: from + 4, elapsed: 7 });
});
