/** Worlds of rotation-world.ts and what happens to them: replicas with wrong clocks, crashes, hands. */
import fc from 'fast-check';
import { seeded } from '@rolechain/kit/seeded.ts';
import { CERTIFICATE_TIMES, type CertificateTimes } from '@rolechain/shared';
import type { Authority, SecretFacts } from '../rotation.ts';
import {
  CONFIGURATIONS,
  DAY_MS,
  HOUR_MS,
  ids,
  makeCA,
  makeLeaf,
  run,
  startReplica,
  wallOf,
  type World,
} from './rotation-world.ts';

export const OFF_MS = HOUR_MS;

export interface Setting {
  readonly seed: number;
  /** Of the replicas: how wrong their clocks are, and how long a request of each takes at most. */
  readonly replicas: readonly { readonly offMs: number; readonly slowMs: number }[];
}

export const settings = (slowest: number): fc.Arbitrary<Setting> => {
  const offMs = fc.oneof(fc.constantFrom(0, OFF_MS, -OFF_MS), fc.integer({ min: -OFF_MS, max: OFF_MS }));
  const slowMs = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: slowest }));
  return fc.record({
    seed: fc.integer(),
    replicas: fc.array(fc.record({ offMs, slowMs }), { minLength: 2, maxLength: 3 }),
  });
};

/** Looks once a day where nothing tells: years pass by in milliseconds. */
const SELDOM: CertificateTimes = { ...CERTIFICATE_TIMES, checkMs: DAY_MS };

export function makeWorld({ seed, replicas }: Setting, times = SELDOM, anyClock = false): World {
  const world: World = {
    ...{
      now: 0,
      secret: undefined,
      secretVersion: 0,
      made: 0,
      largest: 0,
      anyClock,
      random: seeded(seed),
      times,
      violations: [],
      writes: [],
      faults: { secret: undefined, configurations: new Set<number>() },
      excusedUntil: -1,
    },
    configurations: Array.from({ length: CONFIGURATIONS }, () => ({ bundle: [], version: 0, before: [] })),
    replicas: replicas.map(({ offMs, slowMs }, i) => ({
      ...{
        name: `replica ${i} (${offMs} ms off)`,
        offMs,
        slowMs,
        state: undefined,
        wakes: 0,
        doing: undefined,
        isNudged: false,
      },
    })),
  };
  for (const replica of world.replicas) startReplica(world, replica);
  return world;
}

/** All serve the leaf of the Secret, which its signer has signed and which isn't near its end; its bundle is published, and no more. */
function isSteady({ secret, configurations, replicas, ...world }: World): boolean {
  if (!secret || typeof secret.leaf === 'string' || typeof secret.signer === 'string') return false;
  const { leaf, signer, bundle } = secret;
  const up = replicas.filter(({ state }) => state);
  return (
    leaf.issuers.some(({ id }) => id === signer.id) &&
    leaf.to > wallOf(world as World) + world.times.leafMs / 5 &&
    up.every(({ state }) => state?.served?.id === leaf.id) &&
    configurations.every((one) => sorted(one.bundle) === sorted(bundle))
  );
}
const sorted = (list: readonly Authority[]): string => ids(list).split(',').sort().join();

export function untilSteady(world: World, withinMs: number): boolean {
  const end = world.now + withinMs;
  while (!isSteady(world) && world.now < end) run(world, world.now + withinMs / 20);
  return isSteady(world);
}

/** Instants of a run, and which replica is meant. */
export const moments = (maxMs: number, max: number): fc.Arbitrary<{ at: number; which: number; forMs: number }[]> =>
  fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: maxMs }),
      which: fc.nat(2),
      forMs: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 20 * DAY_MS })),
    }),
    { maxLength: max },
  );

/** A replica ends in the midst of what it does, and starts some time later. */
export function crashes(world: World, when: readonly { at: number; which: number; forMs: number }[]) {
  return when.flatMap(({ at, which, forMs }) => {
    const replica = world.replicas[which % world.replicas.length]!;
    return [
      { at, do: () => void (replica.state = undefined) },
      { at: at + forMs, do: () => (replica.state === undefined ? startReplica(world, replica) : undefined) },
    ];
  });
}

/** What somebody does to a Secret that holds what belongs together. */
export const HANDS: Record<string, (world: World) => SecretFacts | undefined> = {
  deleted: () => undefined,
  'no key of the CA': ({ secret }) => secret && { ...secret, signer: 'AuthorityKeyMissing' },
  'no leaf': ({ secret }) => secret && { ...secret, leaf: 'LeafMissing' },
  garbage: () => ({ bundle: [], signer: 'AuthorityUnparsable', leaf: 'LeafNotOfAuthority' }),
  'another whole one': (world) => {
    const signer = makeCA(world);
    return { bundle: [signer], signer, leaf: makeLeaf(world, signer) };
  },
};
