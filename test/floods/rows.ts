/** The tests of a program's floods, and their table. */
import { findGroups, type Groups, type MemoryGroup } from '../cgroup/memory.ts';
import { describeWhen } from '../cluster/jest.ts';
import { kindsOf, type PortName } from './kinds.ts';
import { playFlood, type Row, type Target } from './play.ts';
import { SECONDS_VARIABLE } from './seconds.ts';
import { floodTable } from './table.ts';

const SECONDS = Number(process.env[SECONDS_VARIABLE] ?? 5);
/** For the start before a flood, and the last calls behind it. */
const BESIDE_MS = 60_000;

export interface Floods<Port extends PortName> {
  /** Of the program's container, as it is shipped. */
  readonly limitMiB: () => Promise<number> | number;
  readonly ports: readonly Port[];
  readonly start: (port: Port, group: MemoryGroup) => Promise<Target>;
}

export function testFloods<Port extends PortName>(
  name: string,
  { limitMiB: limitOf, ports, start }: Floods<Port>,
): void {
  const found = findGroups();
  const rows: Row[] = [];
  afterAll(async () => {
    if (rows.length > 0) process.stdout.write(`\n${name}, ${SECONDS} s each\n${floodTable(rows)}\n\n`);
    if ('remove' in found) await found.remove();
  });
  describeWhen(
    name,
    found,
    (groups) => {
      const cases = ports.flatMap((port) => kindsOf(port).map((kind) => [port, kind.kind, kind] as const));
      test.each(cases)(
        '%s: %s',
        async (port, _name, kind) => {
          const limitMiB = await limitOf();
          const group = groups.make(`${port}-${kind.kind}`.replaceAll(' ', '-'), limitMiB);
          const row = await playFlood({
            ...{ port, kind, seconds: SECONDS, group, limitMiB },
            start: (made) => start(port, made),
          });
          rows.push(row);
          // It was a flood: every connection was open once, or as often as the program went on.
          expect(row.flood.opened).toBeGreaterThan(0);
          const { kills, ended, said } = row;
          expect({ kills, ended, said }).toMatchObject({ kills: 0, ended: undefined });
          // How fast depends on the machine, and is told in the table. Most of the calls: on any machine.
          expect(row.unanswered).toBeLessThan(row.calls / 2);
          // Where the kernel charges sockets to the container too (version 2), it would have held all the same.
          expect(row.peakMiB ?? 0).toBeLessThan(limitMiB);
        },
        SECONDS * 1000 + BESIDE_MS,
      );
    },
    { make: () => ({}) as MemoryGroup, remove: () => Promise.resolve() } satisfies Groups,
  );
}
