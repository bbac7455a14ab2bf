/** Places for requests that wait. Pure. */

/** Places that parties share, so that none of them can take all. */
export interface Places {
  /** A place for this party, or none. */
  take(party: string): boolean;
  /** Gives back one that the party took. */
  give(party: string): void;
  /** How many are taken, by all of them. */
  taken(): number;
}

/**
 * Half of `total` is kept for the parties, the same number for each; the other half is for anyone who comes first. So a
 * party that takes all it can leaves each of the others its own, and one alone has more than an equal share.
 */
export function makePlaces(total: number, parties: number): Places {
  const own = Math.floor(total / 2 / Math.max(1, parties));
  const common = total - own * parties;
  const taken = new Map<string, number>();
  let all = 0;
  let commonTaken = 0;
  return {
    take: (party) => {
      const mine = taken.get(party) ?? 0;
      if (mine >= own && commonTaken >= common) return false;
      if (mine >= own) commonTaken += 1;
      taken.set(party, mine + 1);
      all += 1;
      return true;
    },
    give: (party) => {
      const mine = taken.get(party) ?? 0;
      if (mine > own) commonTaken -= 1;
      taken.set(party, mine - 1);
      all -= 1;
    },
    taken: () => all,
  };
}
