/**
 * `npx -y pnpm@10 soak --minutes N`: rolechain on a real node of this machine for so long, under weather (README of test/soak).
 * Needs what `test:node` needs. Ends with a table; exit code 1 where a bound of it is missed.
 */
import { parseArgs } from 'node:util';
import { makeNodeFixture } from '../node/suite/fixture.ts';
import { withNode } from '../node/with-node.ts';
import { tableOf } from './report.ts';
import { soak } from './soak.ts';

const { minutes: text } = parseArgs({ options: { minutes: { type: 'string', default: '1' } } }).values;
const minutes = Number(text);
const end = new AbortController();
const started = Date.now();
const log = (line: string): void => console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(5)} s  ${line}`);

async function main(): Promise<number> {
  if (!(minutes > 0)) {
    console.error(`--minutes is ${text}, but takes a number above 0.`);
    return 2;
  }
  const ran = await withNode(log, async (given) => {
    const fixture = await makeNodeFixture(given);
    try {
      log(`Soaking for ${minutes} min.`);
      const { rows, lasted } = await soak({ ...fixture, minutes, signal: end.signal, say: log });
      console.log(`\nsoak of ${lasted.toFixed(1)} min\n\n${tableOf(rows)}\n`);
      const missed = rows.filter(({ ok }) => !ok).length;
      log(missed === 0 ? 'All bounds are met.' : `Bounds missed: ${missed}.`);
      return missed === 0 ? 0 : 1;
    } finally {
      await fixture.stop();
    }
  });
  if (typeof ran === 'number') return ran;
  console.error(ran.reason);
  return 1;
}

// It ends before its time, is told, and everything is taken down in order.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => end.abort());
process.exitCode = await main();
