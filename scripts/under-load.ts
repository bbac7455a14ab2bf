/**
 * `node scripts/under-load.ts [times] [loaded|alone] [PATH...]`: the tests so many times (3), while four busy loops hold the
 * processors (loaded, the default) or not. Prints a table, and the folder with the whole output of each run. Exit code 1
 * where a run failed. By hand: it takes hours.
 */
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { spawnTied, type TiedProcess } from '../test/kit/tied-process.ts';
import { ROOT } from './build/root.ts';

const LOOPS = 4;
/** plain-line-reporter.mjs */
const COUNTS = /^(\d+) passed, (\d+) failed, (\d+) skipped$/gm;

interface Run {
  readonly counts: readonly string[];
  readonly seconds: number;
  /** How it ended: `exit code 0`. */
  readonly how: string;
}

const { positionals } = parseArgs({ allowPositionals: true });
const [times = '3', machine = 'loaded', ...paths] = positionals;
if (!/^[1-9]\d*$/.test(times) || !['loaded', 'alone'].includes(machine)) {
  process.stderr.write('node scripts/under-load.ts [times] [loaded|alone] [PATH...]\n');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'rolechain-under-load-'));
const loops = machine === 'loaded' ? Array.from({ length: LOOPS }, busyLoop) : [];
let running: TiedProcess | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    const started = running === undefined ? loops : [running, ...loops];
    void Promise.all(started.map((one) => one.kill())).finally(() => process.exit(1));
  });
}

const runs: Run[] = [];
try {
  for (let run = 1; run <= Number(times); run++) {
    process.stderr.write(`run ${run} of ${times}, ${machine}\n`);
    runs.push(await test(join(folder, `${run}.log`)));
  }
} finally {
  await Promise.all(loops.map((loop) => loop.kill()));
}
process.stdout.write(`${table(runs)}\n\noutput: ${folder}\n`);
process.exitCode = runs.every(({ how }) => how === 'exit code 0') ? 0 : 1;

/** Ends with this process, however that ends. */
function busyLoop(): TiedProcess {
  return spawnTied('/bin/sh', ['-c', 'while :; do :; done'], { env: {}, output: openSync('/dev/null', 'w') });
}

/** Ended with this process, too. */
async function test(log: string): Promise<Run> {
  const began = Date.now();
  const output = openSync(log, 'w');
  running = spawnTied('npx', ['-y', 'pnpm@10', 'test', ...paths], { cwd: ROOT, env: process.env, output });
  closeSync(output);
  const how = await running.ended;
  running = undefined;
  const counts = [...readFileSync(log, 'utf8').matchAll(COUNTS)].at(-1)?.slice(1) ?? ['-', '-', '-'];
  return { counts, seconds: Math.round((Date.now() - began) / 1000), how };
}

function table(all: readonly Run[]): string {
  const rows = all.map(({ counts, seconds, how }, index) => [index + 1, machine, ...counts, seconds, how]);
  const head = ['run', 'machine', 'passed', 'failed', 'skipped', 'seconds', 'ended with'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
