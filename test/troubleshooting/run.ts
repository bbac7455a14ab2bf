/** Runs the ways of a test file: each happens, and what was printed is held against the table. */
import { heard } from '@rolechain/kit/record.ts';
import { differences, type Seen } from './measure.ts';
import { gradesTable, wayOf } from './table.ts';

/** Makes one way happen and gives what its viewers print. `Stage` is what all of a file share: a cluster, a webhook. */
export type Happenings<Stage> = Readonly<Record<string, (stage: Stage) => Promise<Seen>>>;

/** One test a way, and the table of grades at the end. The stage is made once, by `beforeAll` of the caller. */
export function testWays<Stage>(happenings: Happenings<Stage>, stage: () => Stage): void {
  test.each(Object.keys(happenings))('%s', async (id) => {
    const seen = (await happenings[id]?.(stage())) ?? {};
    for (const output of Object.values(seen)) heard('output of the command line', output);
    expect(differences(wayOf(id), seen)).toEqual([]);
  });
  afterAll(() => {
    process.stdout.write(`\n${gradesTable(Object.keys(happenings).map(wayOf))}\n`);
  });
}
