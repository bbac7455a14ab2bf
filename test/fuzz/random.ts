/** Repeatable randomness: the same seed gives the same documents on every machine. */
import { seeded } from '@rolechain/kit/seeded.ts';

export interface Random {
  /** A whole number of 0 to `below` - 1. */
  readonly below: (below: number) => number;
  /** True once in `times`. */
  readonly once: (times: number) => boolean;
  readonly pick: <T>(from: readonly [T, ...T[]]) => T;
}

/** 32 bits of state are enough for one document. */
export function random(seed: number): Random {
  const next = seeded(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    once: (times) => below(times) === 0,
    pick: (from) => from[below(from.length)] ?? from[0],
  };
}
