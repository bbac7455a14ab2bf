/** One replica at one instant: a whole Secret, published and served, and what is different from it. */
import { BACKDATED_MS, CERTIFICATE_TIMES, RENEWAL } from '@rolechain/shared';
import { MOST_CLOCK_WRITES } from '../clocks.ts';
import { plan, type Authority, type Facts, type Leaf, type Replica, type SecretFacts } from '../rotation.ts';

const { leafMs, authorityMs } = CERTIFICATE_TIMES;
export const WALL = Date.parse('2027-03-01T12:00:00Z');
/** Of the clock that nobody sets: later than anything here is waited for. */
const ELAPSED = 1_000_000_000;

export const ca = (id: string, ageMs = 0): Authority => ({
  ...{ id, from: WALL - BACKDATED_MS - ageMs, to: WALL + authorityMs - ageMs },
});
export const leafOf = (issuers: readonly Authority[], ageMs = 0, id = 'leaf'): Leaf => ({
  ...{ id, issuers, from: WALL - BACKDATED_MS - ageMs, to: WALL + leafMs - ageMs },
});

export const [FIRST, SECOND, OTHER] = [ca('first'), ca('second'), ca('other')];
export const ENDED = ca('ended', authorityMs);
export const LEAF = leafOf([FIRST]);
/** Of another CA than the Secret's. */
export const FORMER = leafOf([OTHER], 0, 'former');
export const DUE = leafOf([FIRST], leafMs * (1 - RENEWAL.left));
export const WHOLE: SecretFacts = { bundle: [FIRST], signer: FIRST, leaf: LEAF };

export const replica = (changes: Partial<Replica> = {}): Replica => ({
  ...{ served: LEAF, servedSince: 0, vouchedSince: new Map<string, number>(), canWrite: true },
  ...{ clockWrites: [], jitter: 0 },
  ...changes,
});

export const next = (changes: Partial<Facts>, wall = WALL, times = CERTIFICATE_TIMES): ReturnType<typeof plan> =>
  plan(
    { secret: WHOLE, published: [[FIRST], [FIRST]], isPartial: false, replica: replica(), ...changes },
    { wall, elapsed: ELAPSED },
    times,
  );

/** For how long a replica has seen CAs published. */
export const seen = (...list: [Authority, number][]): Pick<Replica, 'vouchedSince'> => ({
  vouchedSince: new Map(list.map(([{ id }, forMs]) => [id, ELAPSED - forMs])),
});
export const servedFor = (forMs: number): Pick<Replica, 'servedSince'> => ({ servedSince: ELAPSED - forMs });
export const DOUBTFUL = { clockWrites: Array.from({ length: MOST_CLOCK_WRITES }, () => ELAPSED - 1) };
