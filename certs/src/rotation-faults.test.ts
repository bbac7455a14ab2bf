/** The plan where objects cannot be read or written, while hands change what is published. */
import fc from 'fast-check';
import { runs } from '@rolechain/kit/runs.ts';
import { CERTIFICATE_TIMES } from '@rolechain/shared';
import { HANDS, crashes, makeWorld, moments, settings, untilSteady } from './testing/rotation-setting.ts';
import { HOUR_MS, makeCA, run, setConfiguration, setSecret, without, type World } from './testing/rotation-world.ts';

/** What a replica reads and writes, with its conflicts, and an apiserver that hears of it late. */
const MENDED_MS = 15_000;
const FAULT_MS = 120_000;
const APART_MS = 400_000;

const faults = fc.record({
  secret: fc.constantFrom(undefined, 'read', 'write'),
  hand: fc.option(fc.constantFrom(...Object.keys(HANDS))),
  publishes: fc.constantFrom('nothing', 'another'),
  /** Bit by bit: whose bundle a hand changes. */
  which: fc.integer({ min: 1, max: 3 }),
  at: fc.integer({ min: 0, max: 20_000 }),
});

/** For each that serves something there is a bundle that lacks its CA. */
function unvouched({ configurations, replicas }: World): string[] {
  return replicas.flatMap(({ name, state }) => {
    const issuers = state?.served?.issuers;
    const vouches = configurations.every(({ bundle }) => !issuers || without(issuers, bundle).length < issuers.length);
    return vouches ? [] : [name];
  });
}

it('puts back what hands take out of a bundle, though the Secret is lost and cannot be read or written', () => {
  fc.assert(
    fc.property(settings(300), fc.array(faults, { minLength: 1, maxLength: 3 }), (setting, incidents) => {
      const world = makeWorld(setting, CERTIFICATE_TIMES);
      run(world, 60_000);
      const found: string[] = [];
      const events = incidents.flatMap(({ secret, hand, publishes, which, at }, i) => {
        const start = 60_000 + i * APART_MS;
        const strip = (): void => {
          world.excusedUntil = world.now + MENDED_MS;
          for (const [index, configuration] of world.configurations.entries()) {
            const bundle = publishes === 'nothing' ? [] : [makeCA(world)];
            if ((which & (1 << index)) !== 0) setConfiguration(world, configuration, bundle);
          }
        };
        return [
          { at: start, do: () => void (world.faults.secret = secret) },
          { at: start, do: () => (hand === null ? undefined : setSecret(world, HANDS[hand]!(world))) },
          { at: start + at, do: strip },
          { at: start + at + MENDED_MS, do: () => void found.push(...unvouched(world)) },
          { at: start + FAULT_MS, do: () => void (world.faults.secret = undefined) },
        ];
      });
      run(world, 60_000 + incidents.length * APART_MS, events);
      expect(found).toEqual([]);
      expect(world.violations.slice(0, 3)).toEqual([]);
      expect(untilSteady(world, HOUR_MS)).toBe(true);
    }),
    { numRuns: runs(200) },
  );
});

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
    { numRuns: runs(200) },
  );
});
