/**
 * `node test/cost/main.ts [--seconds N] [--seed N] [--rows] [--input FILE]`: looks for inputs that cost the webhook or the
 * sidecar more than the budget. `--rows` tries each seed and changes none; `--input` tries one that a search wrote. Exit
 * code 1 when there is a find.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BUDGET_MIB, BUDGET_MS, costOf, judge, startLooking } from './budget.ts';
import type { Input, Seed } from './input.ts';
import type { Measured } from './measure.ts';
import { search, type Found } from './search.ts';
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

const MIB = 1024 * 1024;
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

function figures({ ms, parsingMs, peakBytes, bytes }: Measured): string {
  const size = bytes > 0 ? `, body ${kib(bytes)}` : '';
  const parsing = parsingMs > 0 ? ` beside ${parsingMs.toFixed(1)} ms of parsing` : '';
  return `${ms.toFixed(1)} ms${parsing}, ${(peakBytes / MIB).toFixed(1)} MiB garbage included${size}`;
}

let folder: string | undefined;
/** Where the input of a find can be had again. */
function write(input: Input, name: string): string {
  folder ??= mkdtempSync(join(tmpdir(), 'rolechain-cost-'));
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.json`);
  writeFileSync(file, JSON.stringify(input));
  return file;
}

/** Each input alone, by the closer look. */
async function each(inputs: readonly Seed[]): Promise<number> {
  const measurer = await startLooking();
  let finds = 0;
  try {
    for (const { name, input } of inputs) {
      const looked = await measurer.ask({ input, how: 'once' });
      const cost = costOf(input, looked);
      const { find } =
        'ended' in looked || Math.max(cost.time, cost.memory, cost.answer) > 0.5 ? await judge(measurer, input) : {};
      if (find) finds++;
      const measured = find?.measured ?? ('measured' in looked ? looked.measured : undefined);
      console.log(
        `${find ? 'FIND' : 'ok  '}  ${name}: ${find?.said ?? ''}${measured ? ` (${figures(measured)})` : ''}`,
      );
    }
  } finally {
    measurer.stop();
  }
  return finds;
}

function tell({ seed, target, said, measured, input }: Found): void {
  const shown = measured ? ` (${figures(measured)})` : '';
  console.error(
    `FIND ${target}, from "${seed}": ${said}${shown}\n  node test/cost/main.ts --input ${write(input, `${target} ${seed}`)}`,
  );
}

async function run(): Promise<number> {
  if (values.input !== undefined)
    return each([{ name: values.input, input: JSON.parse(readFileSync(values.input, 'utf8')) as Input }]);
  if (values.rows) return each(SEEDS);
  const [seed, seconds, enough] = [Number(values.seed), Number(values.seconds), Number(values.enough)];
  console.log(
    `costliest inputs, seed ${seed}, ${seconds} s; budget: webhook ${BUDGET_MS.webhook} ms, sidecar ${BUDGET_MS.sidecar} ms, ${BUDGET_MIB} MiB`,
  );
  const progress = (tried: number, elapsed: number): void => console.log(`${tried} tried, ${elapsed.toFixed(0)} s`);
  const { tried, finds, costliest } = await search({ seed, seconds, enough, onFind: tell, progress });
  console.log('the costliest within the budget:');
  for (const { target, by, part, seed: from, measured, input } of costliest) {
    const shown = measured ? figures(measured) : '';
    console.log(
      `  ${target} by ${by}: ${(part * 100).toFixed(0)} % (${shown}), from "${from}": ${write(input, `costliest ${target} ${by}`)}`,
    );
  }
  console.log(`${tried} inputs tried, ${finds.length} finds, seed ${seed}`);
  return finds.length;
}

process.exitCode = (await run()) === 0 ? 0 : 1;
