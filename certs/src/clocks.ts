/**
 * Two replicas whose clocks are months apart: what one makes is not valid yet by the other's clock, or about to end. Each would
 * write over the other without end. So each writes a few times because of its clock, and then goes by that of who wrote the
 * Secret last.
 */
import { BACKDATED_MS, type CertificateTimes } from '@rolechain/shared';

export interface Instant {
  /** Milliseconds of the wall clock, which may be wrong by hours. */
  readonly wall: number;
  readonly elapsed: number;
}

/** Of a write. */
interface Reasoned {
  readonly do: string;
  readonly reason?: string;
}

/** Within `clockWritesMs`. A rotation takes one, or two where CA and leaf are both near their end. */
export const MOST_CLOCK_WRITES = 3;

/** Far less than passes between two leafs, and far more than a fight takes. */
const clockWritesMs = ({ leafMs }: CertificateTimes): number => leafMs / 3;

/** A write for no other reason than the time. CAs that are dropped were added before, and aren't counted: they are as few. */
const BY_CLOCK: ReadonlySet<string> = new Set([
  ...['AuthorityNotYetValid', 'AuthorityExpiring', 'LeafNotYetValid', 'LeafExpiring', 'LeafNotOfAuthority'],
]);

export function isByClock(write: Reasoned): boolean {
  return write.reason !== undefined && BY_CLOCK.has(write.reason);
}

/** After a write at that time: elapsed, of the last ones. */
export function withClockWrite(
  before: readonly number[],
  write: Reasoned,
  { elapsed }: Pick<Instant, 'elapsed'>,
): number[] {
  return [...before, ...(isByClock(write) ? [elapsed] : [])].slice(-MOST_CLOCK_WRITES);
}

/** Whether the replica has written so often because of its clock that this can't be the time alone. */
export function isClockDoubtful(
  clockWrites: readonly number[],
  { elapsed }: Pick<Instant, 'elapsed'>,
  times: CertificateTimes,
): boolean {
  return clockWrites.filter((at) => at > elapsed - clockWritesMs(times)).length >= MOST_CLOCK_WRITES;
}

/** The time by the clock of who made the Secret's leaf, when it did. */
export function timeOfMaker(leaf: { readonly from: number; readonly to: number }, at: Instant): Instant {
  return { ...at, wall: Math.min(leaf.from + BACKDATED_MS, leaf.to - 1) };
}
