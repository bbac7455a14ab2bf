/**
 * Time that passes whatever the node's clock says, and whether or not the machine sleeps: Node's own `performance.now`
 * stands still in sleep (CLOCK_MONOTONIC). `os.uptime` does not (CLOCK_BOOTTIME by /proc/uptime, libuv's uv_uptime), but
 * reads a file: it is asked only where the node's clock and the one that stands still have come apart.
 */

/** All in milliseconds. */
export interface Clocks {
  /** Since 1970; it may jump, and goes on in sleep. */
  readonly wall: () => number;
  /** Stands still in sleep. */
  readonly uptime: () => number;
  /** Since the machine began; goes on in sleep. */
  readonly sinceBoot: () => number;
}

/** NTP moves both clocks alike when it slews, so they come apart by a jump or a sleep alone. */
const APART_MS = 500;
/** /proc/uptime has hundredths of a second. */
const COARSE_MS = 50;

/** A clock that never goes back: `uptime` and the time slept. Pure but for the clocks. */
export function makeElapsed({ wall, uptime, sinceBoot }: Clocks): () => number {
  const awakeAtBoot = sinceBoot() - uptime();
  let slept = 0;
  let apart = wall() - uptime();
  return () => {
    const awake = uptime();
    const apartNow = wall() - awake;
    if (Math.abs(apartNow - apart) > APART_MS) {
      apart = apartNow;
      const more = sinceBoot() - awake - awakeAtBoot;
      if (more > slept + COARSE_MS) slept = more;
    }
    return awake + slept;
  };
}
