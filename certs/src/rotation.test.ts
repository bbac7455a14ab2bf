/** The plan, followed by replicas that interleave, crash and have wrong clocks. What it says of one Secret: secret-facts.test.ts. */
import fc from 'fast-check';
import { runs } from '@rolechain/kit/runs.ts';
import { BACKDATED_MS, CERTIFICATE_TIMES, parseCertificateLifetimes } from '@rolechain/shared';
import { MOST_CLOCK_WRITES } from './clocks.ts';
import { MOST_AUTHORITIES, type Authority, type Leaf } from './rotation.ts';
import { HANDS, OFF_MS, crashes, makeWorld, moments, settings, untilSteady } from './testing/rotation-setting.ts';
import {
  CONFIGURATIONS,
  DAY_MS,
  HOUR_MS,
  makeCA,
  makeLeaf,
  run,
  setConfiguration,
  setSecret,
  wallOf,
  without,
  type World,
} from './testing/rotation-world.ts';

describe('plan, followed by replicas', () => {
  it('rotates leafs and CAs for years, with nothing served that an apiserver would refuse', () => {
    const years = 3 * 365 * DAY_MS;
    const kinds = new Set<string>();
    fc.assert(
      fc.property(settings(DAY_MS / 2), moments(years, 12), (setting, when) => {
        const world = makeWorld(setting);
        run(world, years, crashes(world, when));
        expect(world.violations.slice(0, 3)).toEqual([]);
        for (const kind of world.writes) kinds.add(kind);
        // Three CAs, leafs of 60 days, and what a look in between may have made once more.
        expect(world.writes.length).toBeLessThan(60);
        expect(untilSteady(world, 60 * DAY_MS)).toBe(true);
      }),
      { numRuns: runs(25), endOnFailure: true },
    );
    expect([...kinds].sort()).toEqual(['addAuthority', 'create', 'dropAuthorities', 'renewLeaf']);
  });

  it('makes another CA of a Secret that is deleted or broken by hand, with nothing served that an apiserver would refuse', () => {
    const hands = fc.array(
      fc.record({ at: fc.integer({ min: 0, max: 300_000 }), what: fc.constantFrom(...Object.keys(HANDS)) }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(settings(300), hands, moments(8_000, 4), (setting, touched, when) => {
        const world = makeWorld(setting, CERTIFICATE_TIMES);
        run(world, 60_000);
        // So far apart that each is mended: two CAs that are lost within seconds are more than anybody can promise.
        const byHand = touched.map(({ at, what }, i) => ({
          at: 60_000 + i * 400_000 + at,
          do: () => setSecret(world, HANDS[what]!(world)),
        }));
        // In the midst of what follows.
        const short = when.map((one, i) => ({
          ...one,
          at: one.at + byHand[i % byHand.length]!.at,
          forMs: one.forMs % 8_000,
        }));
        run(world, 2_400_000, [...byHand, ...crashes(world, short)]);
        expect(world.violations.slice(0, 3)).toEqual([]);
        expect(untilSteady(world, HOUR_MS)).toBe(true);
        expect(world.writes.length).toBeLessThan(20);
      }),
      { numRuns: runs(400) },
    );
  });

  it('comes to rest from any state, whatever Secret and configurations hold', () => {
    fc.assert(
      fc.property(settings(300), states, moments(60_000, 3), (setting, state, when) => {
        const world = makeWorld(setting, CERTIFICATE_TIMES);
        state.into(world);
        run(
          world,
          120_000,
          crashes(
            world,
            when.map((one) => ({ ...one, forMs: one.forMs % 30_000 })),
          ),
        );
        expect(untilSteady(world, 2 * HOUR_MS)).toBe(true);
        const { writes } = world;
        expect(writes.length).toBeLessThan(12);
      }),
      { numRuns: runs(600) },
    );
  });

  it('does so with shortened lifetimes too', () => {
    const times = parseCertificateLifetimes('leaf=60s,authority=4m');
    if (!times.ok) throw new Error('not valid');
    fc.assert(
      fc.property(fc.integer(), moments(900_000, 6), (seed, when) => {
        const world = makeWorld(
          {
            seed,
            replicas: [
              { offMs: 0, slowMs: 200 },
              { offMs: 0, slowMs: 200 },
            ],
          },
          times.value,
        );
        run(
          world,
          900_000,
          crashes(
            world,
            when.map((one) => ({ ...one, forMs: one.forMs % 10_000 })),
          ),
        );
        expect(world.violations.slice(0, 3)).toEqual([]);
        expect(world.writes.filter((kind) => kind === 'addAuthority').length).toBeGreaterThan(3);
      }),
      { numRuns: runs(60) },
    );
  });
});

test('writes come to rest whatever the clocks say, and what is served then is vouched for', () => {
  const YEARS_MS = 3650 * DAY_MS;
  const offMs = fc.oneof(
    fc.constantFrom(...[0, 60, -60, 400, -400].map((days) => days * DAY_MS)),
    fc.integer({ min: -YEARS_MS, max: YEARS_MS }),
  );
  const clocks = fc.record({
    seed: fc.integer(),
    replicas: fc.array(fc.record({ offMs, slowMs: fc.integer({ min: 1, max: 300 }) }), { minLength: 2, maxLength: 3 }),
  });
  const fights = new Set<boolean>();
  fc.assert(
    fc.property(clocks, (setting) => {
      const world = makeWorld(setting, CERTIFICATE_TIMES, true);
      run(world, HOUR_MS);
      // While they fight over a new installation one may publish its CA before another's, whose leaf is served already.
      world.violations.length = 0;
      run(world, DAY_MS);
      expect(world.violations.slice(0, 3)).toEqual([]);
      // One makes the first, each then writes three times because of its clock; what a new CA signs follows.
      const most = 1 + 2 * MOST_CLOCK_WRITES * setting.replicas.length;
      expect(world.writes.length).toBeLessThanOrEqual(most);
      for (const { version } of world.configurations) expect(version).toBeLessThanOrEqual(4 * most);
      expect(world.largest).toBeLessThanOrEqual(MOST_AUTHORITIES + 1 + 4);
      expect(new Set(world.replicas.map(({ state }) => state?.served?.id)).size).toBe(1);
      fights.add(world.replicas.some(({ state }) => state?.clockWrites.length === MOST_CLOCK_WRITES));
    }),
    { numRuns: runs(300) },
  );
  expect(fights).toContain(true);
});

interface AnyState {
  readonly into: (world: World) => void;
}

/** CAs of any age, any of them with its key, a leaf of any of them or none, and configurations that publish any of them. */
const states: fc.Arbitrary<AnyState> = fc
  .record({
    ages: fc.array(fc.integer({ min: -2 * DAY_MS, max: CERTIFICATE_TIMES.authorityMs + DAY_MS }), { maxLength: 3 }),
    leafAge: fc.integer({ min: -2 * DAY_MS, max: CERTIFICATE_TIMES.leafMs + DAY_MS }),
    signer: fc.option(fc.nat(2)),
    issuer: fc.option(fc.nat(2)),
    isThere: fc.boolean(),
    published: fc.array(fc.array(fc.nat(3)), { minLength: CONFIGURATIONS, maxLength: CONFIGURATIONS }),
  })
  .map(({ ages, leafAge, signer, issuer, isThere, published }) => ({
    into: (world: World) => {
      const aged = (ca: Authority, ageMs: number): Authority => ({ ...ca, from: ca.from - ageMs, to: ca.to - ageMs });
      const bundle = ages.map((age) => aged(makeCA(world), age));
      const of = (index: number | null): Authority | undefined => (index === null ? undefined : bundle[index]);
      const issuedBy = of(issuer);
      const made = issuedBy && makeLeaf(world, issuedBy);
      const leaf: Leaf | undefined = made && {
        ...made,
        from: made.from - leafAge,
        to: Math.min(wallOf(world) - leafAge + CERTIFICATE_TIMES.leafMs, issuedBy.to),
      };
      if (isThere) {
        setSecret(world, { bundle, signer: of(signer) ?? 'AuthorityKeyMissing', leaf: leaf ?? 'LeafMissing' });
      }
      const all = [...bundle, makeCA(world)];
      for (const [i, configuration] of world.configurations.entries()) {
        const list = published[i]!.map((index) => all[index % all.length]!);
        setConfiguration(
          world,
          configuration,
          list.filter((ca, at) => without(list.slice(0, at), [ca]).length === at),
        );
      }
    },
  }));

test('certificates are valid from longer ago than two clocks may differ', () => {
  expect(BACKDATED_MS).toBeGreaterThan(2 * OFF_MS);
});
