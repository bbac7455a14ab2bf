/**
 * `node test/cost/main.ts [--seconds N] [--seed N] [--enough N] [--rows] [--input FILE]`: looks for inputs that cost the
 * webhook or the sidecar more than the budget. `--rows` tries each seed and changes none; `--input` tries one that a
 * search wrote. Exit code 1 when there is a find.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { figures, searchAloud } from './aloud.ts';
import { judge, startLooking } from './budget.ts';
import type { Input, Seed } from './input.ts';
import { SEEDS } from './seeds.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.trunc(Math.random() * 2 ** 31)) },
    enough: { type: 'string', default: '10' },
    rows: { type: 'boolean', default: false },
    input: { type: 'string' },
  },
});

/** Each input alone, by the closer look. */
async function each(inputs: readonly Seed[]): Promise<number> {
  const measurer = await startLooking();
  let finds = 0;
  try {
    for (const { name, input } of inputs) {
      const { find, measured } = await judge(measurer, input);
      if (find) finds++;
      console.log(
        `${find ? 'FIND' : 'ok  '}  ${name}: ${find?.said ?? ''}${measured ? ` (${figures(measured)})` : ''}`,
      );
    }
  } finally {
    measurer.stop();
  }
  return finds;
}

async function run(): Promise<number> {
  const { input: file, rows, seed, seconds, enough } = values;
  if (file !== undefined) return each([{ name: file, input: JSON.parse(readFileSync(file, 'utf8')) as Input }]);
  if (rows) return each(SEEDS);
  const { finds } = await searchAloud({ seed: Number(seed), seconds: Number(seconds), enough: Number(enough) });
  return finds.length;
}

process.exitCode = (await run()) === 0 ? 0 : 1;
