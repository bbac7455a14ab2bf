import fc from 'fast-check';
import { makePlaces } from './places.ts';

const PARTIES = ['a', 'b', 'c', 'd'];

/** Takes and gives back at random; what nobody has is not given back. */
const steps = fc.array(fc.record({ party: fc.constantFrom(...PARTIES), takes: fc.boolean() }), { maxLength: 400 });

test('never more than all; each party can always have its own; none taken means all are free', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), steps, (total, all) => {
      const places = makePlaces(total, PARTIES.length);
      const own = Math.floor(total / 2 / PARTIES.length);
      const taken = new Map(PARTIES.map((party) => [party, 0]));
      for (const { party, takes } of all) {
        const mine = taken.get(party) ?? 0;
        if (takes) {
          const got = places.take(party);
          if (mine < own) expect(got).toBe(true);
          if (got) taken.set(party, mine + 1);
        } else if (mine > 0) {
          places.give(party);
          taken.set(party, mine - 1);
        }
        const sum = [...taken.values()].reduce((a, b) => a + b);
        expect(places.taken()).toBe(sum);
        expect(sum).toBeLessThanOrEqual(total);
      }
      for (const [party, mine] of taken) for (let i = 0; i < mine; i++) places.give(party);
      let alone = 0;
      while (places.take('a')) alone += 1;
      expect(alone).toBe(total - own * (PARTIES.length - 1));
    }),
  );
});

test('one party alone may have them all', () => {
  const places = makePlaces(7, 1);
  expect(Array.from({ length: 8 }, () => places.take('a'))).toEqual([...Array<boolean>(7).fill(true), false]);
});
