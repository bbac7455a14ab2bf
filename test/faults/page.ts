/** The run's part of docs/faults.md, from the rows of a run. Pure. */
import type { ClientRow, Row } from './table.ts';

/** A row is a client's, or of the simulated clock. */
type Told = Row & Partial<Pick<ClientRow, 'client' | 'note'>>;

/** Markdown: a line a fault; what each client saw, and the slowest one's time to recover. */
export function faultsTable(rows: readonly Told[]): string {
  const clients = [...new Set(rows.map(({ client = CORE }) => client))];
  const faults = [...new Set(rows.map(({ fault }) => fault))];
  const heads = ['fault', ...clients, 'recovery', 'goal'];
  const lines = faults.map((fault) => {
    const those = rows.filter((row) => row.fault === fault);
    const seen = clients.map((client) => seenBy(those.find((row) => (row.client ?? CORE) === client)));
    const recovery = Math.max(...those.map(({ recoveryMs }) => recoveryMs));
    const note = those[0]?.note ? ` (${those[0].note})` : '';
    return [fault + note, ...seen, seconds(recovery), seconds(those[0]?.goalMs ?? NaN)];
  });
  return [heads, heads.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const CORE = 'a client on the simulated clock';

function seenBy(row: Told | undefined): string {
  if (row === undefined) return 'not here';
  const { errorsWithSession, errorsWithout } = row;
  if (errorsWithSession > 0) return `**${errorsWithSession} errors beside a valid session**, ${errorsWithout} without`;
  return errorsWithout === 0 ? 'nothing' : `${errorsWithout} errors without a session`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).replace('.0', '')} s`;
}
