/** The table of what becomes of the corpora's pods, as a test run prints it. */

/** Figures of one corpus. */
export interface Row {
  readonly corpus: string;
  readonly pods: number;
  /** Undefined where no apiserver was asked. */
  readonly acceptedBefore?: number;
  readonly acceptedAfter?: number;
  /** Refused by the webhook, for the pod asks for what can't be; all accepted under `conflicts: warn`. */
  readonly impossible: number;
  /** Refused by the apiserver, since the sidecar's resources don't fit; all accepted once annotations make them fit. */
  readonly tooTight?: number;
  readonly foreign: number;
  readonly again?: number;
  readonly lost: number;
  readonly wronglyRefused?: number;
}

const COLUMNS: readonly (readonly [keyof Row, string])[] = [
  ['corpus', 'corpus'],
  ['pods', 'pods'],
  ['acceptedBefore', 'accepted before'],
  ['acceptedAfter', 'accepted after'],
  ['impossible', 'refused: asks for the impossible'],
  ['tooTight', "refused: sidecar doesn't fit"],
  ['wronglyRefused', 'refused valid pods whose limits fit'],
  ['foreign', 'changed foreign fields'],
  ['again', 'non-idempotent'],
  ['lost', 'not given back by uninject'],
];

/** Corpora as columns, since there are few. */
export function formatTable(rows: readonly Row[], outcomes: Readonly<Record<string, number>>): string {
  const lines = COLUMNS.map(([key, title]) => [title, ...rows.map((row) => String(row[key] ?? '-'))]);
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const table = lines.map((line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  const counts = Object.entries(outcomes).map(([outcome, number]) => `${outcome} ${number}`);
  return ['Pods of the corpora, their account asking for a role', ...table, `outcomes: ${counts.join(', ')}`].join(
    '\n',
  );
}
