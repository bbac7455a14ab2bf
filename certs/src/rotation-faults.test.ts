/** The plan where a configuration cannot be asked, while hands change the Secret. */
import fc from 'fast-check';
import { runs } from '@rolechain/kit/runs.ts';
import { CERTIFICATE_TIMES } from '@rolechain/shared';
import { HANDS, crashes, makeWorld, moments, settings, untilSteady } from './testing/rotation-setting.ts';
import { HOUR_MS, run, setSecret } from './testing/rotation-world.ts';

const FAULT_MS = 120_000;
const APART_MS = 400_000;

it('serves nothing that a configuration which cannot be asked may not vouch for', () => {
  const hands = fc.array(
    fc.record({ hand: fc.constantFrom(...Object.keys(HANDS)), index: fc.nat(1), at: fc.nat(10_000) }),
    { minLength: 1, maxLength: 3 },
  );
  fc.assert(
    fc.property(settings(300), hands, moments(8_000, 3), (setting, touched, when) => {
      const world = makeWorld(setting, CERTIFICATE_TIMES);
      run(world, 60_000);
      const events = touched.flatMap(({ hand, index, at }, i) => {
        const start = 60_000 + i * APART_MS;
        return [
          { at: start, do: () => void world.faults.configurations.add(index) },
          { at: start + at, do: () => setSecret(world, HANDS[hand]!(world)) },
          { at: start + FAULT_MS, do: () => world.faults.configurations.clear() },
        ];
      });
      const short = when.map((one) => ({ ...one, at: one.at + 60_000, forMs: one.forMs % 8_000 }));
      run(world, 60_000 + touched.length * APART_MS, [...events, ...crashes(world, short)]);
      expect(world.violations.slice(0, 3)).toEqual([]);
      expect(untilSteady(world, HOUR_MS)).toBe(true);
    }),
    { numRuns: runs(200), seed: 1 },
  );
});
