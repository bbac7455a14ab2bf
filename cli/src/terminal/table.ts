/** A table without lines, as kubectl prints one. */
import Table from 'cli-table3';

const NO_LINES = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
);

/** Cells may have colours. A column that is empty in all rows is left out. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = head.map((_, at) => rows.some((row) => (row[at] ?? '') !== ''));
  const pick = (row: readonly string[]): string[] => row.filter((_, at) => used[at] === true);
  const style = { 'padding-left': 0, 'padding-right': 3, head: [], border: [], compact: true };
  const table = new Table({ chars: NO_LINES, style });
  table.push(pick(head), ...rows.map(pick));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
