/** All ways to fail, in the order of the page. */
import { IDENTITY } from './ways/identity.ts';
import { INSTALLATION } from './ways/installation.ts';
import { REFUSED } from './ways/refused.ts';
import { SDK } from './ways/sdk.ts';
import { STARTING } from './ways/starting.ts';
import { GROUPS, type Way } from './way.ts';

export const WAYS: readonly Way[] = [...REFUSED, ...STARTING, ...SDK, ...IDENTITY, ...INSTALLATION];

export function wayOf(id: string): Way {
  const way = WAYS.find((one) => one.id === id);
  if (!way) throw new Error(`the table has no way ${id}`);
  return way;
}

/** The grades, one line a way, as a run prints them. */
export function gradesTable(ways: readonly Way[]): string {
  const width = Math.max(...ways.map(({ title }) => title.length));
  const lines = ways.map(
    ({ title, group, first, grade }) => `${String(grade)}  ${title.padEnd(width)}  ${GROUPS[group]}: ${first}`,
  );
  const of = (grade: number): number => ways.filter((way) => way.grade === grade).length;
  return [...lines, `${ways.length} ways to fail: ${of(3)} at 3, ${of(2)} at 2`].join('\n');
}
