/** The table of the floods, as `test` prints it. */
import { columns } from '@rolechain/kit/columns.ts';
import type { Row } from './run.ts';

/** What clients of the endpoint wait for an answer: at p99 as a goal that is told, not judged (CONTRIBUTING.md). */
export const GOAL_MS = 1000;

const COLUMNS: readonly (readonly [string, (row: Row) => string])[] = [
  ['port', ({ port }) => port],
  ['kind', ({ kind }) => kind],
  ['kills', ({ kills, ended }) => (ended === undefined ? String(kills) : `${kills} (${ended})`)],
  ['honest calls', ({ calls }) => String(calls)],
  ['unanswered', ({ unanswered }) => String(unanswered)],
  ['tried again', ({ again }) => String(again)],
  ['p50', ({ p50Ms }) => `${p50Ms.toFixed(0)} ms`],
  ['p99', ({ p99Ms }) => `${p99Ms.toFixed(0)} ms`],
  ['p99 ≤ 1 s', ({ p99Ms }) => (p99Ms <= GOAL_MS ? 'met' : 'missed')],
  ['slow', ({ slow }) => slow.toFixed(1)],
  ['peak', ({ peakMiB, limitMiB }) => `${peakMiB?.toFixed(0) ?? '?'} of ${limitMiB} MiB`],
  ['sockets', ({ socketsMiB }) => `${socketsMiB.toFixed(0)} MiB`],
  ['opened', ({ flood }) => String(flood.opened)],
  ['sent', ({ flood }) => `${flood.sentMiB.toFixed(1)} MiB`],
];

export function floodTable(rows: readonly Row[]): string {
  return columns([COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))]);
}
