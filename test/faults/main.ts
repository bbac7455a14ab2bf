/**
 * `node test/faults/main.ts [--write]`: plays the fault matrix by itself; `--write` puts its table and the date into
 * docs/faults.md. Exit code: jest's. `npx -y pnpm@10 test` plays the same rows.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeRun } from '../../bench/src/write-run.ts';
import { machine } from '../../bench/src/machine.ts';
import { ROOT } from '../../scripts/build/root.ts';
import { faultsTable } from './page.ts';
import { ROWS_VARIABLE, type ClientRow } from './table.ts';

const PAGE = join(ROOT, 'docs', 'faults.md');
const JEST = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');

const folder = mkdtempSync(join(tmpdir(), 'rolechain-faults-'));
try {
  const began = Date.now();
  const env = { ...process.env, [ROWS_VARIABLE]: folder };
  const { status } = spawnSync(process.execPath, [JEST, '--maxWorkers=2', 'test/faults'], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
  if (process.argv.includes('--write')) await write(Date.now() - began);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function write(tookMs: number): Promise<void> {
  const parts = readdirSync(folder)
    .toSorted()
    .map((name) => {
      const rows = JSON.parse(readFileSync(join(folder, name), 'utf8')) as readonly ClientRow[];
      return `### ${name.replace('.json', '')}\n\n${faultsTable(rows)}`;
    });
  const facts = `${new Date().toISOString().slice(0, 10)}, ${machine()}, ${Math.round(tookMs / 1000)} s.`;
  await writeRun(PAGE, [facts, ...parts].join('\n\n'));
}
