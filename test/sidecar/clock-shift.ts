/** The clock of a node, as the processes on it see it: wrong by what a test says, and set again while they run. */
import { join } from 'node:path';
import { writeAtomically } from '../../sidecar/src/model/files.ts';

const MINUTE = 60_000;

export interface ShiftedClock {
  /** Environment of a Node process on that node. */
  readonly env: Readonly<Record<string, string>>;
  /** How far it is ahead of this test's clock, which is that of AWS. */
  set(minutes: number): void;
}

export function shiftedClock(folder: string, minutes: number): ShiftedClock {
  const path = join(folder, 'clock-ahead-ms');
  const set = (ahead: number): void => writeAtomically(path, String(ahead * MINUTE), 0o600);
  set(minutes);
  const preload = join(import.meta.dirname, 'clock-shift.cjs');
  return { env: { ROLECHAIN_TEST_CLOCK: path, NODE_OPTIONS: `--require=${preload}` }, set };
}
