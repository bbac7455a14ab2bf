/** How much others on this machine slow a process down, from the kernel's own account. */
import { readFileSync } from 'node:fs';

/** A process that rests most of its time waits for a processor more often than long: no more is allowed for it. */
const MOST = 4;

/**
 * The time in which a process wanted a processor, over the time for which it had one, since it began: 1 on a machine that
 * does nothing else, 3 where two others want the same one. At most 4; 1 where it is not known (proc_pid_schedstat, Linux only).
 */
export function slowness(pid: number): number {
  return Math.min(MOST, ratio(pid));
}

/**
 * Whether a process waited so much that the product's own time-outs, of 5 s on loopback, say what the machine is and
 * nothing of the product. On CI none is: there such a machine is a failure.
 */
export function isStarved(pid: number): boolean {
  return process.env.CI !== 'true' && ratio(pid) > MOST;
}

function ratio(pid: number): number {
  try {
    const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ').map(Number);
    return ran > 0 ? (ran + waited) / ran : 1;
  } catch {
    return 1;
  }
}
