import { columns } from '@rolechain/kit/columns.ts';
import { format, type Row } from './row.ts';

const HEADER = ['work', 'ours', 'peer', 'ratio', 'goal', 'met'];

function cells(row: Row): string[] {
  const met = row.met === undefined ? '' : row.met ? 'met' : 'missed';
  return [row.work, row.ours, row.peer, row.ratio === undefined ? '' : format(row.ratio), row.goal, met];
}

/** The table for a terminal, with the notes below it. */
export function plainTable(rows: readonly Row[]): string {
  return [columns([HEADER, ...rows.map(cells)]), ...notes(rows)].join('\n');
}

/** The same as Markdown, for docs/performance.md. */
export function markdownTable(rows: readonly Row[]): string {
  const line = (columns: readonly string[]): string =>
    `| ${columns.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`;
  const ruler = line(HEADER.map(() => '---'));
  return [line(HEADER), ruler, ...rows.map((row) => line(cells(row))), ...notes(rows)].join('\n');
}

function notes(rows: readonly Row[]): string[] {
  const noted = rows.flatMap(({ work, note }) => (note === undefined ? [] : [`- ${work}: ${note}`]));
  return noted.length === 0 ? [] : ['', ...noted];
}

/** `goals met: N of M`. Rows without a goal don't count. */
export function verdict(rows: readonly Row[]): string {
  const goals = rows.filter(({ met }) => met !== undefined);
  return `goals met: ${goals.filter(({ met }) => met).length} of ${goals.length}`;
}
