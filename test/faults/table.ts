/** The rows of the fault matrix, and how they are shown at the end of a test file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one fault did to clients. Times in milliseconds. */
export interface Row {
  readonly fault: string;
  /** Errors that a client got while a valid session existed: the goal is 0. */
  readonly errorsWithSession: number;
  /** Errors that a client got while there was none. */
  readonly errorsWithout: number;
  /** From the end of the fault to the first good answer. */
  readonly recoveryMs: number;
  readonly goalMs: number;
  /** How many times as long all took because others had the processors (slowness.ts); 1 on a simulated clock. */
  readonly slow?: number;
  /** The sidecar waited for a processor so much that how long it took says nothing of it (slowness.ts). */
  readonly starved?: boolean;
}

/** Of a fault that passes by itself. */
export const TRANSIENT_GOAL_MS = 10_000;
/** Of a trust policy or association that somebody mended. */
export const MENDED_GOAL_MS = 60_000;

/** The table, one line a row. */
export function tableOf(rows: readonly Row[]): string {
  const heads = ['fault', 'errors with a session', 'errors without', 'recovery', 'goal'];
  const cells = rows.map((row) => [
    row.fault,
    String(row.errorsWithSession),
    String(row.errorsWithout),
    `${(row.recoveryMs / 1000).toFixed(1)} s`,
    `${row.goalMs / 1000} s`,
  ]);
  const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((line) => line[i]?.length ?? 0)));
  return [heads, ...cells].map((line) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')).join('\n');
}

/** What one fault did to one SDK. */
export interface ClientRow extends Row {
  readonly client: string;
  /** How often it asked, or took what it had. */
  readonly asked: number;
  /** The first of its errors. */
  readonly said: string;
  /** A figure of the fault beside that; may be empty. */
  readonly note: string;
}

const SAID_CHARS = 70;

/** The same, with the client and what it said. */
export function clientTableOf(rows: readonly ClientRow[]): string {
  const extra = rows.map(({ client, asked, slow = 1, note, said }) => [
    client,
    String(asked),
    slow.toFixed(1),
    note,
    said.replaceAll(/\s+/g, ' ').slice(0, SAID_CHARS),
  ]);
  const lines = tableOf(rows).split('\n');
  const heads = ['client', 'asked', 'slow', 'note', 'first error'];
  const widths = heads.map((head, i) => Math.max(head.length, ...extra.map((line) => line[i]?.length ?? 0)));
  return [heads, ...extra]
    .map((cells, i) => [lines[i] ?? '', ...cells.map((cell, j) => cell.padEnd(widths[j] ?? 0))].join('  ').trimEnd())
    .join('\n');
}

/** Names the folder into which a run writes its rows, for docs/faults.md (main.ts). */
export const ROWS_VARIABLE = 'ROLECHAIN_FAULT_ROWS';

/** Shows the rows of a test file. */
export function tell(name: string, rows: readonly Row[]): void {
  say(name, rows, tableOf(rows));
}

/** The same of rows with clients. */
export function tellClients(name: string, rows: readonly ClientRow[]): void {
  say(name, rows, clientTableOf(rows));
}

function say(name: string, rows: readonly Row[], table: string): void {
  process.stdout.write(`\n${table}\n\n`);
  const folder = process.env[ROWS_VARIABLE];
  if (folder !== undefined) writeFileSync(join(folder, `${name}.json`), JSON.stringify(rows));
}

/** Fails where a row misses its goal, which is of a machine that does nothing else. */
export function expectGoals(row: Row): void {
  expect(row.errorsWithSession).toBe(0);
  if (row.starved !== true) expect(row.recoveryMs).toBeLessThanOrEqual(row.goalMs * (row.slow ?? 1));
}
