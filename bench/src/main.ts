/**
 * `npx -y pnpm@10 bench [part...] [--short] [--write]`: runs the parts, prints one table, closes with
 * `goals met: N of M`. `--write` puts the table into docs/performance.md. Exit code 1 only where a part can't run.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildAll } from '../../scripts/build.ts';
import { accounts } from './accounts/accounts.ts';
import { admission } from './admission/admission.ts';
import { create } from './create/create.ts';
import { fleet } from './fleet/fleet.ts';
import { footprint } from './footprint/footprint.ts';
import { machine } from './machine.ts';
import type { Part, Row } from './row.ts';
import { markdownTable, plainTable, verdict } from './table.ts';
import { writeRun } from './write-run.ts';

const PARTS: readonly Part[] = [fleet, footprint, admission, create, accounts];
const PAGE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name));
if (unknown.length > 0) {
  console.error(`bench knows no part ${unknown.join(', ')}; its parts are ${PARTS.map(({ name }) => name).join(', ')}`);
  process.exitCode = 2;
} else await bench(PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name)));

async function bench(parts: readonly Part[]): Promise<void> {
  const started = Date.now();
  const rows: Row[] = [];
  await buildAll();
  for (const part of parts) {
    try {
      rows.push(...(await part.run({ short: values.short, say: (line) => console.error(line) })));
    } catch (error) {
      console.error(`bench ${part.name} can't run: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  const date = new Date().toISOString().slice(0, 10);
  const facts = `${date}, ${machine()}, ${Math.round((Date.now() - started) / 1000)} s`;
  if (values.short) console.log('A short run: it shows that the parts work, its figures mean nothing.');
  console.log(`${facts}\n\n${plainTable(rows)}\n\n${verdict(rows)}`);
  if (values.write) {
    await writeRun(PAGE, `${facts}.\n\n${markdownTable(rows)}\n\n${verdict(rows)}`);
  }
}
