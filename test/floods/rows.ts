/** The floods of a program's ports as tests, and their table. */
import { findGroups, type Groups, type MemoryGroup } from '../cgroup/memory.ts';
import type { Absent } from '@rolechain/kit/when.ts';
import { kindsOf, type Kind, type PortName } from './kinds.ts';
import { runFlood, type Row, type Target } from './run.ts';
import { SECONDS_VARIABLE } from './seconds.ts';
import { floodTable } from './table.ts';

const SECONDS = Number(process.env[SECONDS_VARIABLE] ?? 5);
/** For what comes before a flood and behind it; on a busy machine that is minutes. */
const BESIDE_MS = 180_000;
/** Of the honest client's calls: on a machine where others take the processors, one may fail without any fault of ours. */
const MOST = 0.9;

export interface Floods<Port extends PortName> {
  /** Where the programs can run under their limits, or why not here. */
  readonly found: Groups | Absent;
  /** Of `test.each`: port, name of the kind, kind. */
  readonly cases: readonly (readonly [Port, string, Kind])[];
  /** Plays one, and judges it. */
  readonly play: (case_: readonly [Port, Kind], groups: Groups, program: Program<Port>) => Promise<void>;
  readonly timeoutMs: number;
}

export interface Program<Port extends PortName> {
  /** Of its container, as it is shipped. */
  readonly limitMiB: number;
  readonly start: (port: Port, group: MemoryGroup) => Promise<Target>;
}

export const NO_GROUPS: Groups = { make: () => ({}) as MemoryGroup, remove: () => Promise.resolve() };

/** Sets up the floods of a test file, whose table is printed behind its tests. */
export function useFloods<Port extends PortName>(name: string, ports: readonly Port[]): Floods<Port> {
  const found = findGroups();
  const rows: Row[] = [];
  afterAll(async () => {
    if (rows.length > 0) process.stdout.write(`\n${name}, ${SECONDS} s each\n${floodTable(rows)}\n\n`);
    if ('remove' in found) await found.remove();
  });
  return {
    found,
    cases: ports.flatMap((port) => kindsOf(port).map((kind) => [port, kind.kind, kind] as const)),
    play: async ([port, kind], groups, { limitMiB, start }) => {
      const group = groups.make(`${port}-${kind.kind}`.replaceAll(' ', '-'), limitMiB);
      const row = await runFlood({
        ...{ port, kind, seconds: SECONDS, group, limitMiB },
        start: (made) => start(port, made),
      });
      rows.push(row);
      judge(row);
    },
    timeoutMs: SECONDS * 1000 + BESIDE_MS,
  };
}

function judge(row: Row): void {
  // It was a flood.
  expect(row.flood.opened).toBeGreaterThan(0);
  const { kills, ended, said } = row;
  expect({ kills, ended, said }).toMatchObject({ kills: 0, ended: undefined });
  // How fast depends on the machine: that is told in the table.
  expect(row.calls - row.unanswered).toBeGreaterThanOrEqual(MOST * row.calls);
  // What the kernel keeps of bytes that a busy machine gives us no time to read (version 1: 2 to 20 MiB) is told in the table, not
  // judged: it is beside the limit there, and where it is within (version 2) the kernel drops such bytes at the limit.
}
